package server

import (
	"net"
	"os"
	"strconv"
	"testing"
	"time"
)

// inherit is a socket as it comes from another process, which still has it.
func inherit(t *testing.T) (*Inherited, *net.TCPAddr) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	h, err := Inherit([]*os.File{f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h, l.Addr().(*net.TCPAddr)
}

func TestListenTakesWhatIsInherited(t *testing.T) {
	h, at := inherit(t)
	b := Bind{Host: "127.0.0.1", Port: strconv.Itoa(at.Port), IPv4: true, IPv6: true, From: h}
	if !h.Has(b) || !h.Serves(at) {
		t.Errorf("Has(%v) = %t, Serves(%v) = %t; want both", b, h.Has(b), at, h.Serves(at))
	}
	listeners, err := Listen(t.Context(), b)
	if err != nil || len(listeners) != 1 {
		t.Fatalf("Listen where another process does = %v, %v; want its socket", listeners, err)
	}
	defer closeAll(listeners)
	if len(h.Rest()) != 0 {
		t.Error("the socket that was taken is left, too")
	}
	client, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := listeners[0].Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestListenLeavesOtherSockets(t *testing.T) {
	h, at := inherit(t)
	other := Bind{Host: "127.0.0.1", Port: "0", IPv4: true, From: h}
	if h.Has(other) || h.Serves(&net.TCPAddr{IP: at.IP, Port: at.Port + 1}) {
		t.Error("a socket is found at another address")
	}
	listeners, err := Listen(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(listeners)
	rest := h.Rest()
	if len(rest) != 1 || rest[0].Addr().String() != at.String() {
		t.Errorf("left are %v; want the socket at %v", rest, at)
	}
	closeAll(rest)
}

// TestPause has a client wait in the kernel.
func TestPause(t *testing.T) {
	listeners, err := Listen(t.Context(), Bind{Host: "127.0.0.1", Port: "0", IPv4: true})
	if err != nil {
		t.Fatal(err)
	}
	s := New(nil, NewAdmission(1, 0, nil), nil)
	s.admission.occupy(address(listeners[0].Addr())) // full: clients get 421, and need no session
	s.lastFull = time.Now()                          // and the log has it
	done := make(chan error, 1)
	go func() { done <- s.Serve(t.Context(), t.Context(), listeners) }()
	client := func() net.Conn {
		conn, err := net.Dial("tcp", listeners[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	answered := func(conn net.Conn, within time.Duration) bool {
		_ = conn.SetReadDeadline(time.Now().Add(within)) // an open connection takes it
		n, _ := conn.Read(make([]byte, 4))
		return n == 4
	}
	if !answered(client(), 10*time.Second) {
		t.Fatal("nobody answers")
	}
	for range 2 {
		if err := s.Pause(); err != nil {
			t.Fatal(err)
		}
		conn := client()
		if answered(conn, 50*time.Millisecond) {
			t.Error("a client is answered in the pause")
		}
		s.Resume()
		if !answered(conn, 10*time.Second) {
			t.Error("the client is not answered after the pause")
		}
	}
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	s.Abandon()
	if err := <-done; err != nil || !s.Abandoned() {
		t.Errorf("Serve() = %v, Abandoned() = %t", err, s.Abandoned())
	}
	if _, err := net.Dial("tcp", listeners[0].Addr().String()); err == nil {
		t.Error("an abandoned socket still listens")
	}
}
