package record

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlaces follows lines to a log daemon that goes away, a file that is moved away in vain and one on a full disk.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	socket, path := filepath.Join(dir, "log"), filepath.Join(dir, "server.log")
	var stderr bytes.Buffer
	moved := openTestTarget(t, TargetConfig{Path: path})
	full := openTestTarget(t, TargetConfig{Path: "/dev/full", JSON: true})
	local3, _ := ParseFacility("local3")
	log := Open(Config{Facility: local3, Socket: socket, Stderr: &stderr, Targets: []*Target{moved, full}})

	for _, p := range log.Places() {
		if p.Lines != 0 || p.Lost != 0 || !p.Last.IsZero() || p.LastLine != "" || p.Trouble != "" || p.Least != Info {
			t.Errorf("before the first line a place is %+v", p)
		}
	}
	listener := daemon(t, socket)
	before := time.Now()
	log.WriteString(Info, "one")
	receive(t, listener)
	waitFor(t, func() bool { return log.Places()[2].Lost == 1 }) // the last that happens
	got := log.Places()
	if p := got[0]; p.Format != "syslog" || p.Path != socket || p.Facility != "local3" || p.Trouble != "" || p.Last.Before(before) ||
		!strings.HasSuffix(p.LastLine, "no space left on device") { // the daemon was told of the other place
		t.Errorf("the log daemon's place is %+v", p)
	}
	if p := got[1]; p.Format != "text" || p.Path != path || p.Lines != 1 || !strings.HasSuffix(p.LastLine, "(?@?) [INFO] one") {
		t.Errorf("the file's place is %+v", p)
	}
	if p := got[2]; p.Format != "json" || p.Path != "/dev/full" || p.Lines != 0 || p.Lost != 1 || !strings.Contains(p.Trouble, "no space left") {
		t.Errorf("the full disk's place is %+v", p)
	}

	listener.Close()
	os.Remove(socket)
	log.SetVerbose(true)
	log.WriteString(Debug, "two "+strings.Repeat("x", 2*maxTrail))
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	got = log.Places()
	if p := got[0]; !strings.Contains(p.Trouble, "they go to standard error") || !strings.Contains(p.LastLine, "[DEBUG] two x") || p.Least != Debug ||
		len(p.LastLine) != maxTrail {
		t.Errorf("without a log daemon its place is %+v", p)
	}
}

func TestPlacesOfOneKind(t *testing.T) {
	var out bytes.Buffer
	for _, test := range []struct {
		name string
		c    Config
		want []Place
	}{
		{"off", Config{Output: None}, nil},
		{"standard error", Config{Output: Stderr, Stderr: &out}, []Place{{Format: "text", Least: Info}}},
		{"standard error by --logto", Config{Output: None, Targets: []*Target{openTestTarget(t, TargetConfig{Out: &out, JSON: true})}},
			[]Place{{Format: "json", Least: Info}}},
	} {
		log := Open(test.c)
		if got := log.Places(); len(got) != len(test.want) || len(got) > 0 && got[0] != test.want[0] {
			t.Errorf("%s: places %+v; want %+v", test.name, got, test.want)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
	for n := range Facility(24) {
		if n > FTP && n < firstLocal {
			continue // without a name
		}
		if got, ok := ParseFacility(n.String()); !ok || got != n {
			t.Errorf("facility %d is called %q, which is %d", n, n, got)
		}
	}
}
