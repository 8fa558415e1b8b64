package listing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/ftp"
)

var errLoop = errors.New("too many symbolic links")

// A node is a file of a memTree.
type node struct {
	ftp.Facts
	target  string
	names   []string // of a directory, in its order, with "." and ".."
	entries map[string]*node
	parent  *node
}

// A memTree is a small file system in memory with links and permissions, as uid 2101 with gid 2201
// sees it.
type memTree struct {
	root  *node
	now   time.Time
	reads int // entries given out
}

func newMemTree() *memTree {
	t := &memTree{now: time.Unix(1_795_338_359, 0)}
	t.root = newDir(nil, 1)
	t.root.names = []string{".", ".."}
	return t
}

func newDir(parent *node, ino uint64) *node {
	n := &node{
		Facts:   ftp.Facts{Mode: ftp.ModeDir | 0o755, Nlink: 2, UID: 2101, GID: 2201, Size: 4096, Dev: 1, Ino: ino},
		entries: make(map[string]*node), parent: parent,
	}
	if parent == nil {
		n.parent = n
	}
	return n
}

// put adds a file: a directory if the path ends in a slash, a link if target is not empty. Parents
// must be there.
func (t *memTree) put(path, target string) *node {
	clean := strings.TrimSuffix(path, "/")
	at := strings.LastIndexByte(clean, '/')
	dir, err := t.walk(clean[:at], true)
	if err != nil {
		panic(err)
	}
	n := &node{Facts: ftp.Facts{Mode: ftp.ModeRegular | 0o644, Nlink: 1, UID: 2101, GID: 2201, Dev: 1}, target: target}
	switch {
	case clean != path:
		n = newDir(dir, 0)
		n.names = []string{".", ".."}
	case target != "":
		n.Mode = ftp.ModeSymlink | 0o777
		n.Size = int64(len(target))
	}
	t.reads++
	n.Ino = uint64(1000 + t.reads)
	name := clean[at+1:]
	if _, ok := dir.entries[name]; !ok {
		dir.names = append(dir.names, name)
	}
	dir.entries[name] = n
	return n
}

// may reports whether the user has a permission: 4 to read, 1 to enter.
func (n *node) may(bit uint32) bool {
	switch {
	case n.UID == 2101:
		bit <<= 6
	case n.GID == 2201:
		bit <<= 3
	}
	return n.Mode&bit != 0
}

func (t *memTree) walk(path string, follow bool) (*node, error) {
	links := 0
	return t.walkFrom(t.root, path, follow, &links)
}

func (t *memTree) walkFrom(at *node, path string, follow bool, links *int) (*node, error) {
	if strings.HasPrefix(path, "/") {
		at = t.root
	}
	pieces := strings.Split(path, "/")
	for i, piece := range pieces {
		last := i == len(pieces)-1
		if piece == "" && (last || i == 0) && len(path) < 2 {
			continue
		}
		if !at.IsDir() {
			return nil, fmt.Errorf("%s: %w", path, ErrNotDirectory)
		}
		if !at.may(1) {
			return nil, fmt.Errorf("%s: %w", path, fs.ErrPermission)
		}
		next := at
		switch piece {
		case "", ".":
		case "..":
			next = at.parent
		default:
			if next = at.entries[piece]; next == nil {
				return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
			}
		}
		if next.IsSymlink() && (follow || !last) {
			if *links++; *links > 40 {
				return nil, errLoop
			}
			target, err := t.walkFrom(at, next.target, true, links)
			if err != nil {
				return nil, err
			}
			next = target
		}
		at = next
	}
	return at, nil
}

func (t *memTree) ReadDir(path string, facts bool, fn func([]byte, *ftp.Facts) bool) error {
	dir, err := t.walk(path, true)
	if err != nil {
		return err
	}
	if !dir.IsDir() {
		return ErrNotDirectory
	}
	if !dir.may(4) {
		return fs.ErrPermission
	}
	var buf []byte
	for _, name := range dir.names {
		t.reads++
		n := dir
		switch name {
		case ".":
		case "..":
			n = dir.parent
		default:
			n = dir.entries[name]
		}
		var given *ftp.Facts
		if facts {
			if !dir.may(1) {
				continue
			}
			copied := n.Facts
			given = &copied
		}
		if buf = append(buf[:0], name...); !fn(buf, given) {
			return nil
		}
	}
	return nil
}

func (t *memTree) Facts(path string, follow bool) (ftp.Facts, error) {
	n, err := t.walk(path, follow)
	if err != nil {
		return ftp.Facts{}, err
	}
	return n.Facts, nil
}

func (t *memTree) Readlink(path string) (string, error) {
	n, err := t.walk(path, false)
	if err != nil {
		return "", err
	}
	return n.target, nil
}

// recordedTree reads testdata/tree.txt.
func recordedTree(t *testing.T) *memTree {
	t.Helper()
	text, err := os.ReadFile("testdata/tree.txt")
	if err != nil {
		t.Fatal(err)
	}
	tree := newMemTree()
	var dir *node
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "#", "mode,":
		case "now":
			seconds, err := strconv.ParseInt(rest, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			tree.now = time.Unix(seconds, 0)
		case "dir":
			if dir, err = tree.walk(unescape(t, rest), true); err != nil {
				t.Fatal(err)
			}
			dir.names = nil
		default:
			readNode(t, dir, line)
		}
	}
	return tree
}

func readNode(t *testing.T, dir *node, line string) {
	t.Helper()
	f := ftp.Facts{}
	_, err := fmt.Sscanf(line, "%o %d %d %d %d %d %x %x", &f.Mode, &f.Nlink, &f.UID, &f.GID, &f.Size, &f.ModTime, &f.Dev, &f.Ino)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	name, target, _ := strings.Cut(strings.SplitN(line, " ", 9)[8], " -> ")
	name, target = unescape(t, name), unescape(t, target)
	dir.names = append(dir.names, name)
	switch name {
	case ".":
		dir.Facts = f
	case "..":
	default:
		n := &node{Facts: f, target: target, parent: dir}
		if f.IsDir() {
			n.entries = make(map[string]*node)
		}
		dir.entries[name] = n
	}
}

// escape and unescape write bytes as printable text, \xNN for those that are not.
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\\':
			b.WriteString(`\\`)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unescape(t *testing.T, text string) string {
	t.Helper()
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return plain
}

// list makes a listing of LIST and returns its lines.
func list(t *testing.T, tree *memTree, cfg Config, arg string) ([]string, Result) {
	t.Helper()
	cfg.Now = func() time.Time { return tree.now }
	var out strings.Builder
	result, err := New(tree, cfg).List(t.Context(), &out, "/", arg)
	if err != nil {
		t.Fatalf("List(%q): %v", arg, err)
	}
	return cut(t, out.String()), result
}

// cut cuts a listing into its lines.
func cut(t *testing.T, text string) []string {
	t.Helper()
	if text == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("%q does not end in CRLF", text)
	}
	return strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}
