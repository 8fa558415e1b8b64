package start

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// A binding is a spelling of -S in which PORT stands for a free port.
type binding struct {
	switches string
	at, not  string // addresses that are served, and not
}

func TestBind(t *testing.T) {
	t.Parallel()
	testBindings(t, []binding{
		{"-S 127.0.0.1,PORT", "127.0.0.1", "127.0.0.2 ::1"},
		{"-S ::1,PORT", "::1", "127.0.0.1"},
		{"-S [::1],PORT", "::1", "127.0.0.1"},
		{"-S localhost,PORT", "127.0.0.1", "127.0.0.2"},
		{"-S 127.0.0.1,PORT -4", "127.0.0.1", "::1"},
		{"-S ::1,PORT -6", "::1", "127.0.0.1"},
		{"-S 127.0.0.1, -S 127.0.0.2,PORT", "127.0.0.1", "127.0.0.2"}, // the first host and the last port
	})
}

func testBindings(t *testing.T, bindings []binding) {
	for _, test := range bindings {
		t.Run(test.switches, func(t *testing.T) {
			t.Parallel()
			dir, number := folder(t), port(t)
			args := strings.Fields(strings.ReplaceAll(test.switches, "PORT", number))
			pid := filepath.Join(dir, "pid")
			p := launch(t, dir, command{args: append(args, quiet("-l", "puredb:"+accounts(t, dir), "-g", pid)...)})
			for host := range strings.FieldsSeq(test.at) {
				address := net.JoinHostPort(host, number)
				p.serves(t, address)
				works(t, user(t, address, "ann"))
			}
			for host := range strings.FieldsSeq(test.not) {
				if conn, err := net.Dial("tcp", net.JoinHostPort(host, number)); err == nil {
					conn.Close()
					t.Errorf("%s is served, too", host)
				}
			}
		})
	}
}

func TestBindFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		switches string
		status   int
		text     string
	}{
		{"-4 -6", 1, "nothing to listen on"},
		{"-S ::1,PORT -4", 1, "nothing to listen on"},
		{"-S 192.0.2.1,PORT", 1, "192.0.2.1"},
		{"-S nosuchservice", 252, "nosuchservice"},
		{"-S 127.0.0.1:PORT", 252, "127.0.0.1,PORT"},
		{"-S 70000", 252, "70000"},
	} {
		t.Run(test.switches, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			number := port(t)
			expand := strings.NewReplacer("PORT", number).Replace
			args := append(strings.Fields(expand(test.switches)), quiet("-l", "puredb:/nowhere")...)
			launch(t, dir, command{args: args}).endsWith(t, test.status, expand(test.text))
		})
	}
}
