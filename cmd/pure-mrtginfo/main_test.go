package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	tcp4   = header +
		"   0: 0100007F:5349 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1592 1\n" + // listens
		"   1: 0100007F:5349 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1593 1\n" +
		"   2: 0100007F:C350 0100007F:5349 01 00000000:00000000 00:00000000 00000000     0        0 1594 1\n" + // the client's end
		"   3: 0100007F:5349 0100007F:C351 06 00000000:00000000 00:00000000 00000000     0        0 1595 1\n" // TIME_WAIT
	tcp6 = header +
		"   0: 00000000000000000000000001000000:5349 00000000000000000000000001000000:C352 01 00000000:00000000\n"
)

// proc makes a folder with what the kernel tells.
func proc(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "net"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFourLines(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"net/tcp": tcp4, "net/tcp6": tcp6, "uptime": "93784.99 1.00\n"}
	for _, test := range []struct {
		name  string
		args  []string
		files map[string]string
		want  string
		told  string
	}{
		{"both families", []string{"21321"}, all, "2\n2\n1 days, 2:03:04\n", ""},
		{"another port", []string{"2132"}, all, "0\n0\n1 days, 2:03:04\n", ""},
		{"port 21", nil, all, "0\n0\n1 days, 2:03:04\n", ""},
		{"no IPv6", []string{"21321"}, map[string]string{"net/tcp": tcp4, "uptime": "4281.5 0\n"}, "1\n1\n0 days, 1:11:21\n", ""},
		{"no uptime", []string{"21321"}, map[string]string{"net/tcp": tcp4}, "1\n1\n?\n", "uptime"},
		{"odd uptime", []string{"21321"}, map[string]string{"net/tcp": tcp4, "uptime": "long"}, "1\n1\n?\n", "uptime"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, told bytes.Buffer
			status := run(test.args, proc(t, test.files), &out, &told)
			if want := test.want + host + "\n"; status != 0 || out.String() != want {
				t.Errorf("run = %d, %q; want 0, %q", status, out.String(), want)
			}
			if (test.told == "") != (told.Len() == 0) || !strings.Contains(told.String(), test.told) {
				t.Errorf("told %q; want %q in it", told.String(), test.told)
			}
		})
	}
}

func TestBadPort(t *testing.T) {
	for _, port := range []string{"ftp", "0", "65536", "-1"} {
		var out, told bytes.Buffer
		if status := run([]string{port}, proc(t, nil), &out, &told); status != 1 || out.Len() > 0 || told.Len() == 0 {
			t.Errorf("run(%s) = %d, %q, %q", port, status, out.String(), told.String())
		}
	}
}
