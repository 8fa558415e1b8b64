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
	all, err := Gather(t.Context(), clients)
	if err != nil || len(all) != 6 {
		t.Fatalf("Gather = %d sessions, %v; want 6", len(all), err)
	}
	for i, want := range []uint64{4194308, 4194307, 4194306, 4194307, 4194306, 4194305} {
		if all[i].ID != want || all[i].Client != clients[1-i/3] {
			t.Errorf("session %d is %d of %s; want %d of %s", i, all[i].ID, all[i].Client.Path(), want, clients[1-i/3].Path())
		}
	}
	if err := gone.Kick(t.Context(), 1); !errors.Is(err, ErrGone) {
		t.Errorf("a server that has ended: %v", err)
	}
}
