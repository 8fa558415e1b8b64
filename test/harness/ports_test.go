package harness

import "testing"

func TestPortsAreNotGivenTwice(t *testing.T) {
	var ports Ports
	first, err := ports.take()
	if err != nil {
		t.Fatal(err)
	}
	second, err := ports.take()
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Errorf("port %d was given twice", first)
	}
	ports.give(first)
	if third, err := ports.take(); err != nil || third != first {
		t.Errorf("take() = %d, %v; want %d again", third, err, first)
	}
}
