//go:build privileged

package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	raceTime     = 5 * time.Second
	raceSessions = 5
)

// testRace lets a process on the machine exchange folders, files and links of the tree while sessions go through the names.
func testRace(t *testing.T, l *lab) {
	for _, test := range []struct{ name, option string }{{"in place", "-A"}, {"-0", "-0"}} {
		t.Run(test.name, func(t *testing.T) {
			c := newCanary(t)
			c.plant(t)
			s := l.start(t, c.root, "-f", "none", test.option)
			c.race(t, s)
			c.intact(t, "the race")
			c.sameContent(t)
			s.login(t).alive(t)
		})
	}
}

// race swaps and runs sessions for raceTime.
func (c *canary) race(t *testing.T, s *site) {
	ctx, cancel := context.WithTimeout(t.Context(), raceTime)
	defer cancel()
	var workers sync.WaitGroup
	defer workers.Wait()
	var swaps, reached atomic.Int64
	defer func() {
		workers.Wait()
		t.Logf("%d swaps, %d successes of the sessions", swaps.Load(), reached.Load())
		if swaps.Load() < 100 || reached.Load() < 20 {
			t.Error("the race was none")
		}
	}()
	workers.Go(func() {
		for ctx.Err() == nil {
			if err := c.swap(); err != nil {
				t.Errorf("swap: %v", err)
				return
			}
			swaps.Add(1)
		}
	})
	for i := range raceSessions {
		in := s.login(t)
		workers.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				line := raceLines()[n%len(raceLines())]
				text, err := in.run(line)
				if err != nil {
					t.Errorf("%q: %v", line, err)
					return
				}
				if strings.HasPrefix(line, "CWD s") && !strings.HasPrefix(text, "250") {
					n++ // skip the command for inside
				}
				if text != "" && text[0] == '2' || strings.Contains(text, "\n226") {
					reached.Add(1)
				}
				silent(t, line, text)
			}
		})
	}
}

// raceLines are what sessions do with names that change under their hands. A file or folder of their own keeps the race
// going: what was moved or deleted is made again.
func raceLines() []string {
	return []string{
		"STOR swap/prey.txt <", "RETR swap/prey.txt >", "CWD swap", "LIST >", "CWD /", "CWD swap/sub", "STOR here.txt <", "CWD /",
		"LIST swap/ >", "LIST -R >", "LIST swap/* >", "NLST swap >", "MLSD swap >", "DELE swap/prey.txt", "STOR swap/prey.txt <",
		"MKD swap/made", "RMD swap/made", "SITE CHMOD 755 swap/prey.txt", "MFMT 20200101000000 swap/prey.txt", "SIZE swap/prey.txt",
		"MDTM swap/prey.txt", "MLST swap/prey.txt", "STOR mine.txt <", "RNFR mine.txt", "RNTO swap/mine.txt", "RNFR swap/prey.txt",
		"RNTO prize.txt", "RETR prize.txt >", "STOR jump <", "RETR jump >", "APPE jump <", "SITE CHMOD 755 jump", "DELE jump",
		"STOR x/y/z/../../../../outside/prey.txt <", "RETR x/y/z/../../../../outside/prey.txt >", "CWD x/y/z", "CWD ../../..",
		"RETR outside/prey.txt >", "CWD /", "STOR x/y/z/../../../swap/prey.txt <", "STAT swap/", "CHMOD 755 swap/sub",
	}
}

// swap is one round of what a local user may do in his own tree.
func (c *canary) swap() error {
	in := func(name string) string { return filepath.Join(c.root, name) }
	for _, dir := range []string{"swap/sub", "x/y/z"} {
		if err := os.MkdirAll(in(dir), 0o777); err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("folder: %w", err)
		}
		for path := dir; path != "."; path = filepath.Dir(path) {
			_ = os.Lchown(in(path), userID, userID) // sessions delete and move
		}
	}
	for _, to := range []string{filepath.Join(c.top, "outside"), "../../outside", "sub/rel", "/outside"} {
		if err := c.exchange(in("swap"), in("bait"), to); err != nil {
			return err
		}
	}
	_ = os.Remove(in("jump"))
	_ = os.Symlink(filepath.Join(c.top, "outside/prey.txt"), in("jump"))
	_ = os.Remove(in("jump"))
	_ = os.Symlink("../../outside/prey.txt", in("jump"))
	_ = os.Remove(in("jump"))
	_ = os.WriteFile(in("jump"), []byte("harmless"), 0o666)
	_ = os.Rename(in("x/y/z"), in("z"))
	_ = os.Rename(in("z"), in("x/y/z"))
	return nil
}

// exchange puts a link to a place in the stead of the folder at path, and back.
func (c *canary) exchange(path, bait, to string) error {
	if err := os.Remove(bait); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(to, bait); err != nil {
		return err
	}
	for range 2 {
		if err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, bait, unix.RENAME_EXCHANGE); err != nil {
			return err
		}
	}
	return nil
}
