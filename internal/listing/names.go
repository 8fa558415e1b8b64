package listing

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pureftpd/internal/ftp"
)

// A Selection is what the argument of NLST was found to name: a directory, or files.
type Selection struct {
	dir      Directory
	files    []string  // as the client names them, sorted; nil if it is the directory
	problems []Problem // that the search for them met
}

// Select looks up the argument of NLST, to be called before the data connection is opened. It is
// one pathname, blanks and all, of a directory or of anything else; or else one pattern, whose
// matches are listed by name, directories too. An argument that begins with a dash and names
// nothing is taken for options, as for [Lister.Directory].
func (l *Lister) Select(ctx context.Context, cwd, arg string) (Selection, error) {
	s, err := l.named(cwd, arg)
	if err != nil && strings.HasPrefix(arg, "-") {
		arg = skipOptions(arg)
		s, err = l.named(cwd, arg)
	}
	if err == nil || !strings.ContainsAny(arg, wild) || l.isDirectory(ftp.Join(cwd, arg)) {
		return s, err
	}
	matches, globErr := l.glob(ctx, cwd, arg)
	switch {
	case globErr != nil:
		return Selection{}, fmt.Errorf("list %q: %w", arg, globErr)
	case len(matches.files) == 0:
		return Selection{}, err
	}
	return matches, nil
}

// named selects the directory or other file that has all of the argument as its pathname.
func (l *Lister) named(cwd, arg string) (Selection, error) {
	d, err := l.directory(cwd, arg)
	if err == nil {
		return Selection{dir: d}, nil
	}
	if strings.ContainsAny(arg, "*?") {
		return Selection{}, err // always a pattern, as in LIST
	}
	path := ftp.Join(cwd, arg)
	if _, missing := l.tree.Facts(path, false); missing != nil || l.isDirectory(path) {
		return Selection{}, err
	}
	return Selection{files: []string{arg}}, nil
}

func (l *Lister) isDirectory(path string) bool {
	f, err := l.tree.Facts(path, true)
	return err == nil && f.IsDir()
}

// glob selects what a pattern matches, at most one file more than may be listed. It is an error if
// nothing was found and that may be because not everything was seen.
func (l *Lister) glob(ctx context.Context, cwd, arg string) (Selection, error) {
	r := l.start(ctx, io.Discard, cwd)
	r.flags.self = true
	r.expand(unquote(arg))
	r.set.sort(byName, false)
	var s Selection
	for _, k := range r.set.order {
		e := &r.set.list[k.index]
		if e.odd {
			continue
		}
		s.files = append(s.files, string(r.set.name(e)))
		if r.out.limited && len(s.files) > r.out.left {
			break
		}
	}
	result, err := r.finish()
	s.problems = result.Problems
	if err == nil && len(s.files) == 0 && len(s.problems) > 0 {
		err = s.problems[0].reason()
	}
	return s, err
}

// Names makes the listing of NLST: the name of every entry of a directory, behind the argument as
// it was given, or the names of the files.
func (l *Lister) Names(ctx context.Context, w io.Writer, s Selection) (Result, error) {
	r := l.start(ctx, w, s.dir.path)
	r.result.Problems = s.problems
	if s.files == nil {
		r.each(s.dir, false, func(name []byte, _ *ftp.Facts) {
			r.out.buf = append(r.out.buf, s.dir.prefix...)
			r.out.buf = append(r.out.buf, name...)
		})
	}
	for _, name := range s.files {
		if r.out.err != nil || !r.out.take() {
			break
		}
		r.out.buf = appendVisible(r.out.buf, name)
		r.out.endLine()
		if !r.tick() {
			break
		}
	}
	return r.finish()
}
