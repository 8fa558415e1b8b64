package harness

import "testing"

func TestPortsAreNotGivenTwice(t *testing.T) {
	var ports Ports
	first, err := ports.Take()
	if err != nil {
		t.Fatal(err)
	}
	second, err := ports.Take()
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Errorf("port %d was given twice", first)
	}
	ports.Give(first)
	if third, err := ports.Take(); err != nil || third != first {
		t.Errorf("Take() = %d, %v; want %d again", third, err, first)
	}
}
