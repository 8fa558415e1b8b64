package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pureftpd/internal/control"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
)

func TestRightsOf(t *testing.T) {
	got, err := rightsOf(options.Control{Viewers: []string{"root", "4711"}, Operators: []string{"0"}, Admins: nil})
	want := control.Rights{Owner: uint32(os.Geteuid()), Viewers: []uint32{0, 4711}, Operators: []uint32{0}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("rightsOf = %+v, %v; want %+v", got, err, want)
	}
	_, err = rightsOf(options.Control{Viewers: []string{"no such group"}, Admins: []string{"4294967296", "-1"}})
	for _, name := range []string{`"no such group"`, `"4294967296"`, `"-1"`} {
		if err == nil || !strings.Contains(err.Error(), "there is no group "+name) {
			t.Errorf("rightsOf: %v; want that there is no group %s", err, name)
		}
	}
}

func TestOpenRemote(t *testing.T) {
	p := &parts{log: record.Open(record.Config{Output: record.None})}
	defer p.log.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		control options.Control
		socket  bool
		fails   bool
	}{
		{"switched off", options.Control{Off: true, Dir: dir + "/a"}, false, false},
		{"in a directory", options.Control{Dir: dir + "/a"}, true, false},
		{"in no directory", options.Control{Dir: file}, false, true},
		{"for no group", options.Control{Dir: dir + "/a", Viewers: []string{"no such group"}}, false, true},
	} {
		r, err := openRemote(&options.Options{Control: test.control}, p, "standalone", nil)
		if (err != nil) != test.fails || !test.fails && (r.socket != nil) != test.socket {
			t.Errorf("%s: %+v, %v", test.name, r, err)
		}
		if r != nil {
			r.close() // without serve, as when the start fails later
		}
		if left, _ := filepath.Glob(dir + "/a/*"); len(left) > 0 {
			t.Errorf("%s: %q is left", test.name, left)
		}
	}
	t.Setenv("TMPDIR", file) // the usual directory cannot be made there; root's is another
	if os.Geteuid() != 0 {
		if r, err := openRemote(&options.Options{}, p, "standalone", nil); err != nil || r.socket != nil {
			t.Errorf("without a place for the socket: %+v, %v; want the server to go on", r, err)
		}
	}
}

func TestAddressText(t *testing.T) {
	for a, want := range map[netip.AddrPort]string{{}: "", netip.MustParseAddrPort("[2001:db8::1]:21"): "2001:db8::1"} {
		if got := addressText(a); got != want {
			t.Errorf("addressText(%v) = %q; want %q", a, got, want)
		}
	}
}
