package control

import (
	"errors"
	"path/filepath"
	"testing"
)

// TestGather asks several servers, one of which has ended and one of which answers nonsense.
func TestGather(t *testing.T) {
	dir := t.TempDir()
	var clients []*Client
	for i := range 2 {
		l := newLab(t)
		l.dir = dir
		for _, c := range l.crowd {
			c.session.ID += uint64(i) // two numbers are in both
		}
		clients = append(clients, l.listen(t))
	}
	gone := NewClient(filepath.Join(dir, "7.sock"))
	clients = append(clients, gone)
	r, err := Gather(t.Context(), clients)
	if err != nil || len(r.Sessions) != 6 {
		t.Errorf("Gather = %d sessions, %v; want 6", len(r.Sessions), err)
	}
	if len(r.Owner[4194305]) != 1 || len(r.Owner[4194306]) != 2 || len(r.Owner[4194308]) != 1 {
		t.Errorf("owners: %v", r.Owner)
	}
	if err := gone.Kick(t.Context(), 1); !errors.Is(err, ErrGone) {
		t.Errorf("a server that has ended: %v", err)
	}
}
