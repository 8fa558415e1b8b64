//go:build clients

package clients

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A command is a row of the table: something a client does in a folder, and what comes of it.
type command struct {
	name string
	way  way
	do   func(tr *trip) (output string) // in the folder tr.remote

	says        []string               // what the output holds
	there, here files                  // what is on the disks: the server's, and the client's
	modes       map[string]os.FileMode // on the server's disk
}

// folder returns what is in the folder before each command.
func folder() files {
	return files{
		"a.txt": "alpha\n", "b.txt": "beta\n", "c.dat": strings.Repeat("0123456789", 50),
		"sub/d.txt": "delta\n", "odd [x]/e f.txt": "epsilon\n",
	}
}

// testCommands uses what the clients are known for. The file new.txt is there to be sent.
func (l *lab) testCommands(t *testing.T) {
	for _, c := range table() {
		for _, command := range c.commands {
			t.Run(c.name+"/"+command.name, func(t *testing.T) {
				tr := l.trip(t, command.way)
				folder().plant(t, tr.there)
				tr.own(t, tr.there)
				tr.save("new.txt", "new\n")
				command.check(tr, command.do(tr))
				tr.quiet(t)
			})
		}
	}
}

// check checks what came of a command.
func (c *command) check(tr *trip, output string) {
	tr.Helper()
	for _, text := range c.says {
		if !strings.Contains(output, text) {
			tr.Errorf("the client does not say %q:\n%s", text, tail(output))
		}
	}
	there := folder()
	maps.Copy(there, c.there)
	there.check(tr.T, tr.there)
	c.here.check(tr.T, tr.dir)
	for path, mode := range c.modes {
		info, err := os.Stat(filepath.Join(tr.there, path))
		if err != nil {
			tr.Error(err)
		} else if info.Mode().Perm() != mode {
			tr.Errorf("the mode of %s is %v; want %v", path, info.Mode().Perm(), mode)
		}
	}
}
