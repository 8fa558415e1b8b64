package harness

import (
	"reflect"
	"testing"
)

func TestCommandLine(t *testing.T) {
	for _, test := range []struct{ options, want []string }{
		{nil, []string{
			"-H", "-S", "127.0.0.1,23200", "-p", "23201:23215",
			"-l", "puredb:/x/users.pdb", "-g", "/x/pid",
		}},
		{
			[]string{"-S", "::1,$PORT", "!H", "-lunix", "-A", "-p", "1:2"},
			[]string{"-S", "::1,23200", "-lunix", "-A", "-p", "1:2", "-g", "/x/pid"},
		},
		{[]string{"$DIR/conf"}, []string{"/x/conf"}},
	} {
		s := &Server{Dir: "/x", port: firstPort, config: Config{Options: test.options}}
		if got := s.commandLine(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("commandLine of %q = %q; want %q", test.options, got, test.want)
		}
	}
}

// TestProcessesEnd stops servers that go by themselves, have children, or are gone already.
func TestProcessesEnd(t *testing.T) {
	for name, script := range map[string]string{
		"polite":    "exec sleep 60",
		"with kids": "sleep 60 & exec sleep 60",
		"dead":      "exit 3",
	} {
		s := &Server{Dir: t.TempDir(), config: Config{Binary: "/bin/sh"}, words: []string{"-c", script}}
		p, err := s.startProcess(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := running(p.cmd.Process.Pid); n != 0 {
			t.Errorf("%s: %d processes are left", name, n)
		}
	}
}
