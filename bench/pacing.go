package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// pacing are large transfers of a user who is held to a rate that nobody reaches, and of one who is not, in turn.
func pacing() []scenario {
	perGiB := func(s sample) float64 { return float64(s.bytes) / (1 << 30) }
	metrics := []metric{
		{name: "server CPU, to no limit", format: "%.3f", value: func(s sample) float64 {
			return s.cpu.Seconds() / s.free.Seconds()
		}},
		{name: "server CPU s/GiB", format: "%.3f", value: func(s sample) float64 {
			return s.cpu.Seconds() / perGiB(s)
		}},
		{name: "the same, no limit", format: "%.3f", value: func(s sample) float64 {
			return s.free.Seconds() / perGiB(s)
		}},
	}
	return []scenario{
		{name: "pace-down", title: "large download, tmpfs, limit never reached", metrics: metrics, large: true, clear: true, only: "ours",
			load: func(r *running, less bool) (sample, error) {
				return paced(r, less, func(c *client) error { return c.get("RETR", "large", r.st.Large) })
			}},
		{name: "pace-up", title: "large upload, tmpfs, limit never reached", metrics: metrics, large: true, clear: true, only: "ours",
			load: func(r *running, less bool) (s sample, err error) {
				source, err := os.Open(filepath.Join(r.st.home, "large"))
				if err != nil {
					return s, err
				}
				name := fmt.Sprintf("up/%s-up-paced", r.name)
				s, err = paced(r, less, func(c *client) error {
					return errors.Join(c.put(name, int(source.Fd()), r.st.Large), r.st.uploaded(name, r.st.Large), r.st.discard("up"))
				})
				return s, errors.Join(err, source.Close())
			}},
	}
}

// pacedCopies is how often a round moves the file for each of the two users, in turn.
const pacedCopies = 4

// paced does the same as both users, and measures each time.
func paced(r *running, less bool, op func(*client) error) (all sample, err error) {
	copies := pacedCopies
	if less {
		copies = 1
	}
	var clients [2]*client // without and with a limit
	for i, name := range []string{userName, freeName} {
		if clients[i], err = loginAs(r, clientAddress(i), name); err != nil {
			return all, err
		}
		if err := clients[i].say("TYPE", "I", 200); err != nil {
			return all, err
		}
	}
	for n := range 2 * copies {
		s, err := measure(r, r.calm, 1, func() error { return op(clients[n%2]) })
		if err != nil {
			return all, err
		}
		if n%2 == 0 {
			all.free += s.cpu
			continue
		}
		all.ops, all.bytes = all.ops+1, all.bytes+r.st.Large
		all.cpu, all.wall, all.client = all.cpu+s.cpu, all.wall+s.wall, all.client+s.client
	}
	return all, errors.Join(clients[0].quit(), clients[1].quit())
}
