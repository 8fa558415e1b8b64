package control

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
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

// TestCutOff tells a server that refuses from one that ends at that moment.
func TestCutOff(t *testing.T) {
	for _, test := range []struct {
		name string
		ends bool
		want error
	}{{"refuses", false, ErrForbidden}, {"ends", true, ErrGone}} {
		path := filepath.Join(t.TempDir(), "7.sock")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		l.(*net.UnixListener).SetUnlinkOnClose(false) // the name goes last
		done := make(chan struct{})
		go func() { // ends with the listener
			defer close(done)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				if test.ends {
					l.Close()
				}
				conn.Close()
			}
		}()
		if _, err := NewClient(path).Status(t.Context()); !errors.Is(err, test.want) {
			t.Errorf("a server that %s: %v; want %v", test.name, err, test.want)
		}
		l.Close()
		<-done
	}
}

func TestFindIn(t *testing.T) {
	here := os.Getuid()
	full, empty, none := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "none")
	s, err := listen(filepath.Join(full, "7.sock"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, test := range []struct {
		name   string
		places []place
		want   int // servers; -1: none and that the directory is missing, -2: another error
	}{
		{"one has a server", []place{{none, anybody}, {full, here}}, 1},
		{"one is there", []place{{none, anybody}, {empty, here}}, 0},
		{"none is there", []place{{none, anybody}, {none + "2", here}}, -1},
		{"one is somebody else's", []place{{none, anybody}, {full, here + 1}}, -2},
		{"one is somebody else's, the other has a server", []place{{full, anybody}, {empty, here + 1}}, 1},
		{"the same twice", []place{{full, anybody}, {full, here}}, 1},
	} {
		clients, err := findIn(test.places)
		got := len(clients)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			got = -1
		case err != nil:
			got = -2
		}
		if got != test.want {
			t.Errorf("%s: %d, %v; want %d", test.name, got, err, test.want)
		}
	}
}

// TestSilentServer asks one that takes connections and says nothing.
func TestSilentServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "7.sock")
	l, err := net.Listen("unix", path) // the kernel takes them
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := NewClient(path).Status(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent server: %v; want that the time is over", err)
	}
}
