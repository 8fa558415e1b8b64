package transfer

import (
	"net"
	"testing"
)

func TestHungUp(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	conn := near.(*net.TCPConn)
	if HungUp(conn) {
		t.Error("an idle connection counts as hung up")
	}
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	far.Close()
	if HungUp(conn) {
		t.Error("a connection with a byte to read counts as hung up")
	}
	if _, err := near.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	for !HungUp(conn) { // until the end has arrived
	}
	near.Close()
	if !HungUp(conn) {
		t.Error("a connection closed on our side does not count as hung up")
	}
}
