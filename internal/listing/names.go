package listing

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pureftpd/internal/ftp"
)

// A Directory is the argument of NLST or MLSD, found to be a directory that can be read.
type Directory struct {
	path   string
	prefix string // before every name of NLST
}

// Directory looks up the argument of NLST or MLSD, to be called before the data connection is
// opened. There are no patterns. An argument that begins with a dash and names no directory is
// taken for the options of a client that thinks it talks to ls: they are passed over, and what
// follows is the argument.
func (l *Lister) Directory(cwd, arg string) (Directory, error) {
	d, err := l.directory(cwd, arg)
	if err == nil || !strings.HasPrefix(arg, "-") {
		return d, err
	}
	for strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, " ")
		arg = strings.TrimLeft(arg, " ")
	}
	return l.directory(cwd, arg)
}

func (l *Lister) directory(cwd, arg string) (Directory, error) {
	d := Directory{path: ftp.Join(cwd, arg), prefix: arg}
	if arg != "" && !strings.HasSuffix(arg, "/") {
		d.prefix += "/"
	}
	f, err := l.tree.Facts(d.path, true)
	switch {
	case err == nil && !f.IsDir():
		err = ErrNotDirectory
	case err == nil:
		err = l.tree.ReadDir(d.path, false, func([]byte, *ftp.Facts) bool { return false })
	}
	if err != nil {
		return Directory{}, fmt.Errorf("list %q: %w", arg, err)
	}
	return d, nil
}

// Names makes the listing of NLST: the name of every entry, behind the argument as it was given.
func (l *Lister) Names(ctx context.Context, w io.Writer, d Directory) (Result, error) {
	r := l.start(ctx, w, d.path)
	r.each(d, false, func(name []byte, _ *ftp.Facts) {
		r.out.buf = append(r.out.buf, d.prefix...)
		r.out.buf = append(r.out.buf, name...)
	})
	return r.finish()
}

// Machine makes the listing of MLSD (RFC 3659, 7): facts and bare name of every entry.
func (l *Lister) Machine(ctx context.Context, w io.Writer, d Directory) (Result, error) {
	r := l.start(ctx, w, d.path)
	format := factFormat{anonymous: l.cfg.Anonymous}
	r.each(d, true, func(name []byte, f *ftp.Facts) {
		facts, target := *f, ""
		if facts.IsSymlink() {
			facts, target = l.link(ftp.Join(d.path, string(name)), facts)
		}
		r.out.buf = format.append(r.out.buf, name, &facts, target)
	})
	return r.finish()
}

// Entry is the line of MLST (RFC 3659, 7) for one file, without the blank before it and the end of
// line.
func (l *Lister) Entry(cwd, name string) (string, error) {
	if name == "" {
		name = "."
	}
	path := ftp.Join(cwd, name)
	f, err := l.tree.Facts(path, false)
	if err != nil {
		return "", fmt.Errorf("facts of %q: %w", name, err)
	}
	target := ""
	if f.IsSymlink() {
		f, target = l.link(path, f)
	}
	format := factFormat{anonymous: l.cfg.Anonymous}
	return string(format.append(nil, []byte(name), &f, target)), nil
}

// link is what MLSx lines tell of a symbolic link: its own facts and where it leads to, or the
// facts of its target.
func (l *Lister) link(path string, f ftp.Facts) (facts ftp.Facts, target string) {
	if l.cfg.Broken {
		if facts, err := l.tree.Facts(path, true); err == nil {
			return facts, ""
		}
	}
	target, err := l.tree.Readlink(path)
	if err != nil {
		target = ""
	}
	return f, target
}

// each writes one line per entry of a directory, in the directory's order.
func (r *run) each(d Directory, facts bool, line func(name []byte, f *ftp.Facts)) {
	err := r.tree.ReadDir(d.path, facts, func(name []byte, f *ftp.Facts) bool {
		if hasControl(name) {
			return r.tick()
		}
		if r.out.err != nil || !r.out.take() {
			return false
		}
		line(name, f)
		r.out.endLine()
		return r.tick()
	})
	if err != nil {
		r.problem(Unreadable, d.path, err)
	}
}
