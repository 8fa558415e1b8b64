// Package arch keeps the picture of docs/architecture.md true: which room may use which, and who may make raw system calls.
package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "pureftpd/"

// rooms maps each package to the packages of ours it may import. One that is absent may import none.
var rooms = map[string]string{
	"cmd/pure-ftpd": "internal/account internal/auth internal/auth/conffile internal/auth/extauth internal/auth/ldapauth internal/auth/mysqlauth " +
		"internal/auth/pamauth internal/auth/pgsqlauth internal/auth/puredbauth internal/auth/sqlauth internal/auth/sqliteauth " +
		"internal/auth/unixauth internal/ban internal/control internal/identity " +
		"internal/options internal/passhash internal/puredb internal/record internal/rootfs internal/server " +
		"internal/session internal/statuspage internal/transfer internal/listing internal/pace internal/passwdfile internal/quota internal/tlsconf " +
		"internal/acmecert internal/background internal/certd internal/handover internal/metrics internal/pidfile internal/uploads",
	"cmd/pure-authd":        "internal/authd internal/scriptd",
	"cmd/pure-certd":        "internal/certd internal/scriptd",
	"cmd/pure-ftpctl":       "internal/control internal/getopt",
	"cmd/pure-ftpwho":       "internal/control internal/getopt",
	"cmd/pure-pw":           "internal/getopt internal/passhash internal/passwdfile internal/progress internal/puredb",
	"cmd/pure-pwconvert":    "internal/getopt internal/passwdfile",
	"cmd/pure-quotacheck":   "internal/ftp internal/getopt internal/progress internal/quota internal/rootfs",
	"cmd/pure-uploadscript": "internal/background internal/getopt internal/identity internal/pidfile internal/uploads",
	"internal/acmecert":     "internal/replace",
	"internal/authd":        "internal/account internal/linemsg",
	"internal/certd":        "internal/linemsg",
	"cmd/pure-pamd":         "internal/pamlink",
	"internal/control":      "internal/identity",
	"internal/handover":     "internal/server internal/transfer",
	"internal/options":      "internal/getopt",
	"internal/scriptd":      "internal/background internal/getopt internal/identity internal/linemsg internal/pidfile",
	"internal/statuspage":   "internal/control",
	"internal/server":       "internal/session internal/record",
	"internal/session": "internal/account internal/auth internal/ftp internal/identity internal/listing internal/record " +
		"internal/rootfs internal/transfer internal/pace internal/quota internal/tlsconf internal/ban internal/metrics",
	"internal/quota":            "internal/account internal/ftp",
	"internal/passwdfile":       "internal/replace",
	"internal/puredb":           "internal/replace",
	"internal/transfer":         "internal/ftp internal/identity",
	"internal/rootfs":           "internal/ftp internal/identity",
	"internal/listing":          "internal/ftp",
	"internal/auth":             "internal/account internal/passhash",
	"internal/auth/backendtest": "internal/account internal/auth internal/passhash",
	"internal/auth/extauth":     "internal/account internal/auth internal/authd internal/linemsg",
	"internal/auth/unixauth":    "internal/account internal/auth internal/passhash",
	"internal/auth/ldapauth":    "internal/account internal/auth internal/auth/conffile internal/passhash",
	"internal/auth/pamauth":     "internal/account internal/auth internal/pamlink",
	"internal/auth/puredbauth":  "internal/account internal/auth internal/passhash internal/passwdfile internal/puredb",
	"internal/auth/sqlauth":     "internal/account internal/auth internal/auth/conffile internal/passhash",
	"internal/auth/mysqlauth":   "internal/auth/conffile internal/auth/sqlauth",
	"internal/auth/pgsqlauth":   "internal/auth/conffile internal/auth/sqlauth",
	"internal/auth/sqliteauth":  "internal/auth/conffile internal/auth/sqlauth",
}

// rawSystemCalls lists the rooms that may call the kernel directly.
var rawSystemCalls = []string{"internal/identity", "internal/rootfs", "internal/transfer"}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestArrowsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(name, "bench") || strings.HasPrefix(name, "test") {
			continue // tools around the product may use any room
		}
		for _, imported := range p.Imports {
			if imported == "golang.org/x/sys/unix" && !slices.Contains(rawSystemCalls, name) {
				t.Errorf("%s imports %s: raw system calls belong in %v", name, imported, rawSystemCalls)
			}
			room, ours := strings.CutPrefix(imported, module)
			if ours && !slices.Contains(strings.Fields(rooms[name]), room) {
				t.Errorf("%s imports %s: its arrows are %q", name, room, rooms[name])
			}
		}
	}
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("read the output of go list: %v", err)
		}
		all = append(all, p)
	}
}
