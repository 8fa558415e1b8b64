package server

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

func TestListen(t *testing.T) {
	listeners, err := Listen(t.Context(), Bind{Host: "127.0.0.1", Port: "0", IPv4: true, IPv6: true})
	if err != nil || len(listeners) != 1 {
		t.Fatalf("Listen on 127.0.0.1 = %v, %v; want one listener", listeners, err)
	}
	defer closeAll(listeners)
	_, port, err := net.SplitHostPort(listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), Bind{Host: "127.0.0.1", Port: port, IPv4: true}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Listen on a port that is taken: %v; want EADDRINUSE", err)
	}
	if _, err := Listen(t.Context(), Bind{Host: "127.0.0.1", Port: "0"}); !errors.Is(err, errNothingToListenOn) {
		t.Errorf("Listen without a family: %v; want %v", err, errNothingToListenOn)
	}
	if _, err := Listen(t.Context(), Bind{Host: "127.0.0.1", Port: "0", IPv6: true}); !errors.Is(err, errNothingToListenOn) {
		t.Errorf("Listen on 127.0.0.1 as IPv6: %v; want %v", err, errNothingToListenOn)
	}
}
