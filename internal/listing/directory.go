package listing

import (
	"fmt"
	"strings"

	"pureftpd/internal/ftp"
)

// A Directory is the argument of NLST or MLSD, found to be a directory that can be read.
type Directory struct {
	path   string
	prefix string // before every name of NLST
}

// Directory looks up the argument of MLSD, to be called before the data connection is opened. There
// are no patterns. An argument that begins with a dash and names no directory is taken for the
// options of a client that thinks it talks to ls: they are passed over, and what follows is the
// argument.
func (l *Lister) Directory(cwd, arg string) (Directory, error) {
	d, err := l.directory(cwd, arg)
	if err == nil || !strings.HasPrefix(arg, "-") {
		return d, err
	}
	return l.directory(cwd, skipOptions(arg))
}

// skipOptions passes over the words at the start of an argument that begin with a dash.
func skipOptions(arg string) string {
	for strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, " ")
		arg = strings.TrimLeft(arg, " ")
	}
	return arg
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
