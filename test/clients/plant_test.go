//go:build clients

package clients

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// A plant fills a folder, always in the same way. Names are the odd ones it may use.
type plant func(t *testing.T, root string, names []string)

// Shape of the tree of many files.
const (
	manyFolders = 40
	manyFiles   = 50 // in each folder
	manyDepth   = 12
	bigSize     = 300_000 // more than one buffer of any client
)

// plantMany makes nested folders of small files. Some files and folders are empty.
func plantMany(t *testing.T, root string, _ []string) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{})
	for i := range manyFolders {
		folder := filepath.Join(root, fmt.Sprintf("group%d", i%5), fmt.Sprintf("folder%02d", i))
		mkdir(t, folder)
		for j := range manyFiles {
			size := int(random.Uint64() % 4000)
			switch {
			case j == 0:
				size = 0
			case j == 1 && i%10 == 0:
				size = bigSize
			}
			name := fmt.Sprintf("file%04d.bin", i*manyFiles+j)
			write(t, filepath.Join(folder, name), noise(random, size))
		}
	}
	deep := root
	for i := range manyDepth {
		deep = filepath.Join(deep, fmt.Sprintf("level%d", i))
		mkdir(t, deep)
		write(t, filepath.Join(deep, "here"), noise(random, i))
	}
	mkdir(t, filepath.Join(root, "empty", "folder"))
}

// plantFew makes a few files, one of them empty.
func plantFew(t *testing.T, root string, _ []string) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{})
	mkdir(t, filepath.Join(root, "folder"))
	for i, size := range []int{0, 1, 4096, bigSize} {
		write(t, filepath.Join(root, "folder", fmt.Sprintf("file%d", i)), noise(random, size))
	}
}

// plantOdd makes a file and a folder of each name. Every folder holds one file.
func plantOdd(t *testing.T, root string, names []string) {
	t.Helper()
	mkdir(t, filepath.Join(root, "files"))
	for i, name := range names {
		write(t, filepath.Join(root, "files", name), []byte(name))
		folder := filepath.Join(root, "folders", name)
		mkdir(t, folder)
		write(t, filepath.Join(folder, "inside"), bytes.Repeat([]byte{byte(i)}, i))
	}
}

// noise returns random bytes.
func noise(random *rand.ChaCha8, size int) []byte {
	b := make([]byte, size)
	random.Read(b) // cannot fail
	return b
}
