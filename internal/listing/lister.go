package listing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"pureftpd/internal/ftp"
)

// A Tree is the part of a user's files that listings read. Paths are absolute inside the user's
// root.
type Tree interface {
	// ReadDir calls fn for every entry of a directory, "." and ".." among them, in the directory's
	// own order, until fn returns false. Without facts, f is nil. Entries without facts are left
	// out; links are not followed. The name is valid during the call only. fn may use the Tree.
	ReadDir(path string, facts bool, fn func(name []byte, f *ftp.Facts) bool) error
	// Facts tells of one file: of a symbolic link itself, or with follow of what it leads to.
	Facts(path string, follow bool) (ftp.Facts, error)
	// Readlink is the text of a symbolic link.
	Readlink(path string) (string, error)
}

// A Config says how the listings of one session look and how far they go.
type Config struct {
	MaxFiles  int                     // entries in one listing; 0: no limit
	MaxDepth  int                     // levels LIST -R shows the content of; 0: no limit
	ShowDot   bool                    // LIST shows dot files, as if -a were given
	Broken    bool                    // a symbolic link is shown as what it leads to
	Anonymous bool                    // MLSx lines tell no UNIX.uid and UNIX.gid
	OwnerName func(uid uint32) string // owner in long lines; "" or nil: the number
	GroupName func(gid uint32) string // group in long lines; "" or nil: the number
	Now       func() time.Time        // nil: time.Now
	Location  *time.Location          // of the times in long lines; nil: UTC
	Scratch   *Scratch                // memory shared with other sessions; nil: its own
}

// A Lister makes the listings of one session. It keeps no state between listings and may be used by
// several goroutines if its Tree may.
type Lister struct {
	tree Tree
	cfg  Config
}

// New returns a Lister that reads tree.
func New(tree Tree, cfg Config) *Lister {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.Scratch == nil {
		cfg.Scratch = new(Scratch)
	}
	return &Lister{tree: tree, cfg: cfg}
}

// A Result is what the final reply tells of a listing.
type Result struct {
	Matches   int       // entries listed; headers and blank lines are none
	Truncated bool      // Config.MaxFiles was reached and something was left out
	Options   string    // active options of LIST in the original's order, "-a -l "; empty if none
	Problems  []Problem // in order of occurrence, at most maxProblems
	Unsaid    int       // problems beyond these
}

// maxProblems bounds Result.Problems: each becomes a line of the final reply, and a recursive
// listing may meet thousands of unreadable directories.
const maxProblems = 50

// A Problem is why a part of a listing is missing.
type Problem struct {
	Kind ProblemKind
	Path string // as the client would name it, control characters replaced
	Err  error  // the cause, if Kind is Unreadable
}

// A ProblemKind tells problems apart.
type ProblemKind uint8

// The kinds of problems.
const (
	Unreadable ProblemKind = iota + 1 // a directory could not be read, or not to its end
	TooBroad                          // a pattern was given up: it costs too much
	TooDeep                           // LIST -R met directories below Config.MaxDepth; said once
)

// ErrNotDirectory is returned for an argument of MLSD that is something else than a directory.
var ErrNotDirectory = errors.New("not a directory")

// ErrTooBroad is returned for a pattern of NLST that was given up before anything was found.
var ErrTooBroad = errors.New("too many files or wildcards")

// reason is the problem as an error.
func (p *Problem) reason() error {
	if p.Kind == TooBroad {
		return ErrTooBroad
	}
	return p.Err
}

// ctxInterval is how many entries pass between two looks at the context.
const ctxInterval = 256

// A run is one listing being made.
type run struct {
	*workspace
	stopped func() error // why the context ended; nil while it has not
	tree    Tree
	cfg     *Config
	cwd     string
	flags   flags
	line    lineFormat
	out     output
	result  Result
	seen    int  // entries read, to look at the context now and then
	told    bool // TooDeep was said

	heading bool     // every directory from here on gets a header: another argument was seen
	within  []fileID // the directories from the argument down to the current one
}

// A fileID tells directories apart.
type fileID struct{ dev, ino uint64 }

func idOf(f *ftp.Facts) fileID { return fileID{f.Dev, f.Ino} }

// start begins a listing. Its end is finish.
func (l *Lister) start(ctx context.Context, w io.Writer, cwd string) *run {
	r := &run{workspace: l.cfg.Scratch.take(), tree: l.tree, cfg: &l.cfg, cwd: cwd}
	r.stopped = func() error { return context.Cause(ctx) }
	r.line = newLineFormat(&l.cfg)
	r.out = output{w: w, buf: r.buffer[:0], left: l.cfg.MaxFiles, limited: l.cfg.MaxFiles > 0}
	return r
}

// finish writes what is left in the buffer and gives the working memory back.
func (r *run) finish() (Result, error) {
	r.out.flush()
	r.buffer = r.out.buf
	r.cfg.Scratch.give(r.workspace)
	r.result.Matches, r.result.Truncated = r.out.matches, r.result.Truncated || r.out.truncated
	if r.out.err != nil {
		return r.result, fmt.Errorf("write listing: %w", r.out.err)
	}
	if err := r.stopped(); err != nil {
		return r.result, fmt.Errorf("make listing: %w", err)
	}
	return r.result, nil
}

// alive reports whether it is worth going on: nothing was cut short, the writer works, the context
// holds.
func (r *run) alive() bool {
	return r.out.err == nil && !r.out.truncated && r.stopped() == nil
}

// tick counts one entry read and reports whether to read the next.
func (r *run) tick() bool {
	r.seen++
	return r.seen%ctxInterval != 0 || r.stopped() == nil
}

// problem remembers why something is missing.
func (r *run) problem(kind ProblemKind, path string, err error) {
	if len(r.result.Problems) == maxProblems {
		r.result.Unsaid++
		return
	}
	path = string(appendVisible(nil, []byte(path)))
	r.result.Problems = append(r.result.Problems, Problem{Kind: kind, Path: path, Err: err})
}

// resolve gives the facts of a link's target in place of its own where the configuration says so.
func (r *run) resolve(path func() string, f ftp.Facts) ftp.Facts {
	if r.cfg.Broken && f.IsSymlink() {
		if target, err := r.tree.Facts(path(), true); err == nil {
			return target
		}
	}
	return f
}
