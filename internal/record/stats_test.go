package record

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestStats counts lines by where they went.
func TestStats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var out bytes.Buffer
	log := Open(Config{Facility: FTP, Socket: path, Stderr: &out})
	conn := daemon(t, path)
	for range 2 {
		log.WriteString(Info, "heard")
		receive(t, conn)
	}
	for log.Stats().Delivered < 2 { // counted just after it was heard
	}
	if got := log.Stats(); got != (Stats{Delivered: 2, Connected: true}) {
		t.Errorf("with a log daemon: %+v", got)
	}
	conn.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	log.WriteString(Info, "printed")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if got := log.Stats(); got != (Stats{Delivered: 2, Stderr: 2}) {
		t.Errorf("without one, which is said first: %+v", got)
	}
}
