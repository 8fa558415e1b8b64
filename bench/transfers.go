package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// smallTransfers are gets and puts over sessions opened before: EPSV, a data connection, RETR or
// STOR. A put overwrites the session's own file.
func smallTransfers() []scenario {
	return []scenario{
		smallGet("get1k", "get 1 KiB, 16 sessions", "1k", smallSize, 16000),
		smallPut("put1k", "put 1 KiB, 16 sessions", "1k", smallSize, 16000),
		smallGet("get64k", "get 64 KiB, 16 sessions", "64k", midSize, 16000),
		smallPut("put64k", "put 64 KiB, 16 sessions", "64k", midSize, 16000),
	}
}

func smallGet(name, title, file string, size int64, total int) scenario {
	return scenario{name: name, title: title, metrics: opMetrics(),
		load: func(r *running, less bool) (sample, error) {
			return each(r, r.st.scale(total, less), func(c *client, _ int) error {
				return c.get("RETR", file, size)
			})
		},
	}
}

func smallPut(name, title, file string, size int64, total int) scenario {
	return scenario{name: name, title: title, metrics: opMetrics(),
		load: func(r *running, less bool) (sample, error) {
			text, err := os.ReadFile(filepath.Join(r.st.home, file))
			if err != nil {
				return sample{}, err
			}
			s, err := each(r, r.st.scale(total, less), func(c *client, session int) error {
				return c.putBytes(fmt.Sprintf("up/%s-up-%d", r.name, session), text)
			})
			if err != nil {
				return s, err
			}
			return s, errors.Join(
				r.st.uploaded(fmt.Sprintf("up/%s-up-0", r.name), size), r.st.discard("up"))
		},
	}
}

// each spreads a number of operations over 16 sessions.
func each(r *running, total int, op func(c *client, session int) error) (sample, error) {
	return withSessions(r, parallelSessions, func(clients []*client) (sample, error) {
		rounds := total / len(clients)
		return measure(r, r.calm, rounds*len(clients), func() error {
			return parallel(len(clients), func(i int) error {
				for range rounds {
					if err := op(clients[i], i); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

// uploaded checks that an upload has arrived whole.
func (st *stage) uploaded(name string, size int64) error {
	info, err := os.Stat(filepath.Join(st.home, name))
	if err != nil {
		return err
	}
	if info.Size() != size {
		return fmt.Errorf("%s: %d bytes stored, want %d", name, info.Size(), size)
	}
	return nil
}

// listings list a directory of many files.
func listings() []scenario {
	return []scenario{{
		name: "list", title: fmt.Sprintf("LIST of %d files, one session", manyFiles),
		metrics: opMetrics(), listing: true,
		load: func(r *running, less bool) (sample, error) {
			ops := r.st.scale(20, less)
			return withSessions(r, 1, func(clients []*client) (sample, error) {
				if err := clients[0].say("CWD", "many", 250); err != nil {
					return sample{}, err
				}
				return measure(r, r.calm, max(ops, 1), func() error {
					for range max(ops, 1) {
						if err := clients[0].get("LIST", "", -1); err != nil {
							return err
						}
					}
					return nil
				})
			})
		},
	}}
}

// largeCopies is how often the large file is moved in one measurement.
const largeCopies = 2

// largeTransfers move one large file over one session; all of it lies in the page cache.
func largeTransfers() []scenario {
	return []scenario{
		largeGet("down-mem", "large download, tmpfs", ""),
		largePut("up-mem", "large upload, tmpfs", "up"),
		clearOnly(largeGet("down-disk", "large download, disk", "disk")),
		clearOnly(largePut("up-disk", "large upload, disk", "disk")),
	}
}

// clearOnly leaves a scenario out of a run with TLS, unless it is asked for.
func clearOnly(sc scenario) scenario {
	sc.clear = true
	return sc
}

func largeGet(name, title, dir string) scenario {
	return scenario{name: name, title: title, metrics: byteMetrics(), large: true,
		load: func(r *running, less bool) (sample, error) {
			return large(r, less, func(c *client, _ int) error {
				return c.get("RETR", filepath.Join(dir, "large"), r.st.Large)
			})
		},
	}
}

func largePut(name, title, dir string) scenario {
	return scenario{name: name, title: title, metrics: byteMetrics(), large: true,
		load: func(r *running, less bool) (sample, error) {
			source, err := os.Open(filepath.Join(r.st.home, "large"))
			if err != nil {
				return sample{}, err
			}
			stored := func(i int) string { return fmt.Sprintf("%s/%s-up-%d", dir, r.name, i) }
			s, err := large(r, less, func(c *client, i int) error {
				return c.put(stored(i), int(source.Fd()), r.st.Large)
			})
			if err == nil {
				err = r.st.uploaded(stored(0), r.st.Large)
			}
			return s, errors.Join(err, source.Close(), r.st.discard(dir))
		},
	}
}

func large(r *running, less bool, op func(c *client, i int) error) (sample, error) {
	copies := largeCopies
	if less {
		copies = 1
	}
	return withSessions(r, 1, func(clients []*client) (sample, error) {
		s, err := measure(r, r.calm, copies, func() error {
			for i := range copies {
				if err := op(clients[0], i); err != nil {
					return err
				}
			}
			return nil
		})
		s.bytes = int64(copies) * r.st.Large
		return s, err
	})
}
