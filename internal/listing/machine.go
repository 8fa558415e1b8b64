package listing

import (
	"context"
	"fmt"
	"io"

	"pureftpd/internal/ftp"
)

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
