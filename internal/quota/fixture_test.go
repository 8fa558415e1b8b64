package quota

import (
	"os"
	"path/filepath"
	"testing"

	"pureftpd/internal/account"
	"pureftpd/internal/ftp"
	"pureftpd/internal/rootfs"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A home is a user's root on disk.
type home struct {
	dir  string
	root *rootfs.Root
}

func newHome(t testing.TB, dir string) *home {
	t.Helper()
	root, err := rootfs.NewCache().Open(rootfs.Options{Path: dir})
	must(t, err)
	t.Cleanup(root.Close)
	return &home{dir, root}
}

// ReadDir makes a home a Tree.
func (h *home) ReadDir(path string, fn func([]byte, *ftp.Facts) bool) error {
	return h.root.ReadDir(path, rootfs.WithFacts, fn)
}

func (h *home) Facts(path string, follow bool) (ftp.Facts, error) { return h.root.Facts(path, follow) }

// open opens the quota file, as a session does.
func (h *home) open() (File, error) {
	return h.root.OpenFile("/"+FileName, rootfs.Read|rootfs.Write|rootfs.Create, 0o600)
}

// ledger opens the quota file in a book of its own, as another process would.
func (h *home) ledger(t testing.TB) *Ledger {
	t.Helper()
	l, err := NewBook().Open(h.open)
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	return l
}

// text is what the quota file holds.
func (h *home) text(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, FileName))
	must(t, err)
	return string(text)
}

func (h *home) write(t testing.TB, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(h.dir, FileName), []byte(text), 0o600))
}

// at most is the limits of a user with both.
func atMost(files, bytes uint64) Limits {
	return Limits{account.Limit{Set: true, N: files}, account.Limit{Set: true, N: bytes}}
}

// does is a deed that changes just this.
func does(files, bytes int64) func(Usage) (Delta, error) {
	return func(Usage) (Delta, error) { return Delta{files, bytes}, nil }
}
