//go:build privileged

package control

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestStrangers has processes of other users ask. The kernel says who they are: nothing they send matters.
func TestStrangers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("this test needs root")
	}
	for _, test := range []struct {
		name     string
		rights   Rights
		uid, gid uint32
		groups   []uint32
		want     string // the beginning of the answer
	}{
		{"closed socket", Rights{}, 2101, 2101, nil, "cannot connect\n"},
		{"closed socket, nobody", Rights{}, 65534, 65534, nil, "cannot connect\n"},
		{"no group", Rights{Viewers: []uint32{2200}}, 2101, 2101, []uint32{2201}, ""},
		{"nobody", Rights{Viewers: []uint32{2200}}, 65534, 65534, nil, ""},
		{"group root", Rights{Viewers: []uint32{2200}}, 2101, 0, nil, ""},
		{"primary group", Rights{Viewers: []uint32{2200}}, 2101, 2200, nil, "HTTP/1.0 200 OK\r\n"},
		{"supplementary group", Rights{Viewers: []uint32{2200}}, 2101, 2101, []uint32{2201, 2200}, "HTTP/1.0 200 OK\r\n"},
		{"owner", Rights{Owner: 2101, Viewers: []uint32{2200}}, 2101, 2101, nil, "HTTP/1.0 200 OK\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			dir, err := os.MkdirTemp("", "control-") // others may pass through it
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			l.dir, l.config.Rights = dir, test.rights
			l.listen(t)
			program := filepath.Join(dir, "stranger")
			self, err := os.ReadFile("/proc/self/exe")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(program, self, 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(program)
			cmd.Env = []string{strangerVariable + "=" + l.socket.Path()}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: test.uid, Gid: test.gid, Groups: test.groups}}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if !strings.HasPrefix(string(out), test.want) || test.want == "" && len(out) > 0 {
				t.Errorf("a stranger reads %q; want %q", out, test.want)
			}
			if test.want == "" {
				l.mu.Lock()
				defer l.mu.Unlock()
				if got := l.server.Stats(); got.Strangers != 1 {
					t.Errorf("Stats = %+v; want a stranger", got)
				}
				if len(l.log) != 1 || !strings.Contains(l.log[0], "has no rights") {
					t.Errorf("the log says %q", l.log)
				}
			}
		})
	}
}
