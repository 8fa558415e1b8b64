package listing

import (
	"math"
	"strings"

	"pureftpd/internal/ftp"
)

// Bounds on what one pattern costs. They say where a directory tree is too large to be searched by
// pattern, whoever asks.
const (
	// maxScan is how many entries are read for one pattern: about a second.
	maxScan = 1 << 20
	// maxSteps is how many steps of comparing names are made for one pattern: less than a second.
	maxSteps = 1 << 27
	// maxPath is the longest pathname, that of the kernel.
	maxPath = 4095
)

// An expansion finds the files that one pattern names and puts them into the set of its run.
type expansion struct {
	*run
	pattern
	limit   int // on the set
	scanned int
	steps   int
	broad   bool // a bound was reached: give up
}

// expand puts the files that text names into the set. What was found before a bound was reached
// stays there.
func (r *run) expand(text string) {
	x := expansion{run: r, pattern: parsePattern(text), limit: r.holdLimit()}
	if x.wildcards() > r.maxWildcards() {
		r.problem(TooBroad, text, nil)
		return
	}
	shown := ""
	if x.rooted {
		shown = "/"
	}
	x.walk(shown, 0)
	if x.broad {
		r.problem(TooBroad, text, nil)
	}
}

// maxWildcards is how many parts of a pattern may be wildcards. It is the original's bound, 8 for a
// depth of 5, but for the depth of 1, where that would forbid them altogether.
func (r *run) maxWildcards() int {
	if r.cfg.MaxDepth == 0 {
		return math.MaxInt
	}
	return max(1, 2*r.cfg.MaxDepth-2)
}

// walk goes on from the file called shown with the parts from i on.
func (x *expansion) walk(shown string, i int) {
	for i < len(x.parts) && x.parts[i].tokens == nil {
		shown = below(shown, x.parts[i].name)
		i++
	}
	switch {
	case len(shown) > maxPath || !x.going():
	case i < len(x.parts):
		x.scan(shown, i)
	default:
		x.found(shown, x.dirOnly && len(x.parts) > 0)
	}
}

func (x *expansion) going() bool { return !x.broad && x.stopped() == nil }

// below is what a file in dir is called, given what dir is called: "" for the current directory.
func below(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// found adds the file called shown to the set if it is there. With dirOnly it must be a directory.
func (r *run) found(shown string, dirOnly bool) {
	f, err := r.tree.Facts(ftp.Join(r.cwd, shown), dirOnly)
	if err != nil || dirOnly && !f.IsDir() {
		return
	}
	switch {
	case shown == "":
		shown = "."
	case dirOnly:
		shown += "/"
	}
	r.addMatch([]byte(shown), f)
}

// addMatch adds a file to the set and finds out whether its content is to be listed.
func (r *run) addMatch(shown []byte, f ftp.Facts) {
	path := func() string { return ftp.Join(r.cwd, string(shown)) }
	f = r.resolve(path, f)
	if !listed(&f) {
		return
	}
	dir := f.IsDir()
	if f.IsSymlink() && !r.flags.self {
		target, err := r.tree.Facts(path(), true)
		dir = err == nil && target.IsDir()
	}
	e := r.set.add(shown, f)
	e.dir = dir && !r.flags.self
	e.odd = hasControl(shown)
}

// scan matches the entries of the directory called shown with part i, a wildcard.
func (x *expansion) scan(shown string, i int) {
	last := i == len(x.parts)-1 && !x.dirOnly
	prefix := below(shown, "")
	path := ftp.Join(x.cwd, shown)
	var deeper []string // directories to go on with
	match := []byte(prefix)
	err := x.tree.ReadDir(path, true, func(name []byte, f *ftp.Facts) bool {
		matched, steps := x.parts[i].match(name)
		x.scanned++
		x.steps += steps
		switch match = append(match[:len(prefix)], name...); {
		case x.scanned > maxScan || x.steps > maxSteps || x.set.full(x.limit):
			x.broad = true
		case !matched || len(match) > maxPath:
		case last:
			x.addMatch(match, *f)
		case f.IsDir() || f.IsSymlink():
			deeper = append(deeper, string(match))
		}
		return !x.broad && x.tick()
	})
	if err != nil && !x.wildBefore(i) {
		x.unreadable(path, shown, err)
	}
	for _, dir := range deeper {
		if !x.going() {
			return
		}
		if x.scanned++; x.scanned > maxScan {
			x.broad = true
			return
		}
		x.walk(dir, i+1)
	}
}

// wildBefore reports whether a part before i is a wildcard. A directory that one matched and that
// cannot be read has no matches, as in a shell; one that was named cannot be passed over so.
func (x *expansion) wildBefore(i int) bool {
	for _, part := range x.parts[:i] {
		if part.tokens != nil {
			return true
		}
	}
	return false
}

// unreadable remembers that a directory could not be read. That there is none, or no longer, is no
// problem.
func (r *run) unreadable(path, shown string, err error) {
	if f, factsErr := r.tree.Facts(path, true); factsErr == nil && f.IsDir() {
		r.problem(Unreadable, shown, err)
	}
}
