package session

import (
	"bytes"
	"errors"
	"testing"
)

func TestBoundedText(t *testing.T) {
	var text boundedText
	part := bytes.Repeat([]byte("x"), maxStatus/2)
	for range 2 {
		if n, err := text.Write(part); n != len(part) || err != nil {
			t.Fatalf("Write = %d, %v; want %d, nil", n, err, len(part))
		}
	}
	if n, err := text.Write([]byte("x")); n != 0 || !errors.Is(err, errStatusTooLong) {
		t.Errorf("Write beyond the bound = %d, %v; want 0, %v", n, err, errStatusTooLong)
	}
	if len(text.b) != maxStatus {
		t.Errorf("the text has %d bytes; want %d", len(text.b), maxStatus)
	}
}
