package listing

import (
	"context"
	"io"
	"slices"
	"strings"

	"pureftpd/internal/ftp"
)

// List makes the listing of LIST: arg holds options and patterns, taken relative to cwd. What names
// nothing is passed over; an error means that the listing could not be written, or that ctx ended
// it.
func (l *Lister) List(ctx context.Context, w io.Writer, cwd, arg string) (Result, error) {
	r := l.start(ctx, w, cwd)
	paths := ""
	r.flags, paths = parseFlags(arg, flags{all: l.cfg.ShowDot, long: true})
	r.result.Options = r.flags.String()
	r.list(paths)
	return r.finish()
}

// Status makes the listing of STAT with a pathname. It is that of LIST, written so that it can
// stand inside a reply of several lines: none of its lines begins with three digits (RFC 959, 4.2).
func (l *Lister) Status(ctx context.Context, w io.Writer, cwd, arg string) (Result, error) {
	return l.List(ctx, padder{w}, cwd, arg)
}

// list lists what the pathnames of the argument name, or the current directory.
func (r *run) list(paths string) {
	if paths == "" {
		r.here()
		return
	}
	if r.literal(paths) {
		return
	}
	arguments := splitPaths(paths)
	for i, argument := range arguments {
		if !r.alive() {
			return
		}
		r.heading = r.heading || i+1 < len(arguments)
		r.set.reset()
		r.expand(argument)
		r.matches()
	}
}

// here lists the current directory, or with -d shows it.
func (r *run) here() {
	if !r.flags.self {
		r.directory(r.cwd, ".", 0)
		return
	}
	r.found(".", false)
	r.matches()
}

// literal lists the file that has all of the argument as its name, and reports whether there is
// one. It comes first: a client that sends "LIST My Files" means the directory of that name, even
// if there is one called My, and so does one that sends "LIST [2024]". A star or a question mark always makes a pattern:
// a file that somebody called "*" must not hide all others.
func (r *run) literal(paths string) bool {
	if !strings.ContainsAny(paths, " "+wild) || strings.ContainsAny(paths, "*?") {
		return false
	}
	r.set.reset()
	r.found(paths, false)
	there := len(r.set.list) > 0
	r.matches()
	return there
}

// matches lists the set that a pattern gave: first what is no directory, then the content of each
// directory.
func (r *run) matches() {
	r.set.sort(byName, false)
	var dirs []string
	files := r.set.order[:0]
	for _, k := range r.set.order {
		if e := &r.set.list[k.index]; e.dir {
			dirs = append(dirs, string(r.set.name(e)))
		} else {
			files = append(files, k)
		}
	}
	heading := r.heading || len(r.set.list) > 1
	r.emit(r.cwd, files)
	for _, dir := range dirs {
		if !r.alive() || heading && !r.header(dir) {
			return
		}
		r.directory(ftp.Join(r.cwd, dir), dir, 0)
	}
}

// header writes the header of a directory. Like a match it is left out, and the listing with it,
// when the limit is reached; but it does not count.
func (r *run) header(dir string) bool {
	if r.out.limited && r.out.left == 0 {
		r.out.truncated = true
		return false
	}
	r.out.buf = append(r.out.buf, "\r\n\r\n"...)
	r.out.buf = appendVisible(r.out.buf, dir)
	r.out.buf = append(r.out.buf, ":\r\n"...)
	r.out.endLine()
	return true
}

// directory lists the content of the directory at path, called shown, and with -R of those in it.
// level is how far it lies below the argument.
func (r *run) directory(path, shown string, level int) {
	id := fileID{}
	if r.flags.recurse {
		f, err := r.tree.Facts(path, true)
		if err != nil {
			return
		}
		if id = idOf(&f); slices.Contains(r.within, id) {
			return // a loop of links or mounts
		}
	}
	inside := r.content(path, shown)
	r.within = append(r.within, id)
	for _, name := range inside {
		child := below(shown, name)
		if !r.alive() || !r.header(child) {
			break
		}
		if r.cfg.MaxDepth == 0 || level+1 < r.cfg.MaxDepth {
			r.directory(ftp.Join(path, name), child, level+1)
		} else if !r.told {
			r.told = true
			r.problem(TooDeep, child, nil)
		}
	}
	r.within = r.within[:len(r.within)-1]
}

// content lists the entries of one directory and returns the names of the directories to recurse
// into.
func (r *run) content(path, shown string) (inside []string) {
	r.set.reset()
	limit := r.holdLimit()
	err := r.tree.ReadDir(path, true, func(name []byte, f *ftp.Facts) bool {
		if name[0] == '.' && !r.flags.all || hasControl(name) {
			return r.tick()
		}
		facts := *f
		if facts.IsSymlink() && r.cfg.Broken {
			facts = r.resolve(func() string { return ftp.Join(path, string(name)) }, facts)
		}
		if listed(&facts) {
			r.set.add(name, facts)
			if r.set.full(limit) {
				inside = append(inside, r.spill(path)...)
			}
		}
		return r.tick()
	})
	if err != nil {
		r.unreadable(path, shown, err)
	}
	r.set.sort(r.flags.sort, r.flags.reverse)
	return append(inside, r.emit(path, r.set.order)...)
}

// holdLimit is how many entries are held for sorting at once: twice what may still be listed, so
// that dropping the rest is rare.
func (r *run) holdLimit() int {
	if !r.out.limited {
		return maxHeld
	}
	return min(max(2*r.out.left, minHeld), maxHeld)
}

// spill makes room in a full set. Entries that will not be listed because enough others come before
// them are dropped. Where no limit allows that, the directory is listed in pieces, each sorted:
// order is given up, nothing is left out.
func (r *run) spill(path string) (inside []string) {
	r.set.sort(r.flags.sort, r.flags.reverse)
	if needed := r.out.left + 1; r.out.limited && needed <= len(r.set.list)/2 {
		r.set.keep(needed)
		return nil
	}
	inside = r.emit(path, r.set.order)
	r.set.reset()
	return inside
}

// emit writes entries of the set, whose names are relative to dir, and returns the names of those
// to recurse into.
func (r *run) emit(dir string, order []sortKey) (inside []string) {
	if r.flags.columns {
		room := r.out.room(len(order))
		for range min(room+1, len(order)) {
			r.out.take()
		}
		order = order[:room]
		r.columns(order)
	}
	for _, k := range order {
		e := &r.set.list[k.index]
		if !r.flags.columns {
			if r.out.err != nil || !r.out.take() {
				return inside
			}
			if r.flags.long {
				r.appendLong(dir, e)
			} else {
				r.appendName(e)
			}
			r.out.endLine()
		}
		if r.flags.recurse && e.IsDir() && !isDots(r.set.name(e)) {
			inside = append(inside, string(r.set.name(e)))
		}
	}
	return inside
}

func isDots(name []byte) bool { return string(name) == "." || string(name) == ".." }

// appendName appends the name of an entry, and with -F a character for its type.
func (r *run) appendName(e *entry) {
	r.appendText(e)
	if r.flags.suffix {
		if c := suffix(&e.Facts); c != 0 {
			r.out.buf = append(r.out.buf, c)
		}
	}
}

func (r *run) appendText(e *entry) {
	if e.odd {
		r.out.buf = appendVisible(r.out.buf, r.set.name(e))
	} else {
		r.out.buf = append(r.out.buf, r.set.name(e)...)
	}
}

// appendLong appends a long line. After a link stands where it leads to, and with -F what that is.
func (r *run) appendLong(dir string, e *entry) {
	r.out.buf = r.line.appendFacts(r.out.buf, &e.Facts)
	if !e.IsSymlink() {
		r.appendName(e)
		return
	}
	r.appendText(e)
	path := ftp.Join(dir, string(r.set.name(e)))
	target, err := r.tree.Readlink(path)
	if err != nil {
		target = ".."
	}
	r.out.buf = append(r.out.buf, " -> "...)
	r.out.buf = appendVisible(r.out.buf, target)
	if !r.flags.suffix {
		return
	}
	if f, err := r.tree.Facts(path, true); err == nil && suffix(&f) != 0 {
		r.out.buf = append(r.out.buf, suffix(&f))
	}
}
