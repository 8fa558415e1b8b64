package options

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An Env is what Parse may ask of the world.
type Env struct {
	ReadFile   func(name string) ([]byte, error)
	ReadDir    func(name string) ([]fs.DirEntry, error) // sorted by name
	Readlink   func(name string) (string, error)
	LookupPort func(service string) (uint16, error)
}

// System is the Env of the machine.
func System() Env {
	return Env{ReadFile: readFile, ReadDir: os.ReadDir, Readlink: os.Readlink, LookupPort: lookupPort}
}

// Again is the Env of a process that reads its configuration once more: names are relative to the directory it was started in,
// and as runs each look at the file system with the rights that the start had.
func Again(dir string, as func(func() error) error) Env {
	at := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	return Env{
		ReadFile:   rereading(readFile, at, as),
		ReadDir:    rereading(os.ReadDir, at, as),
		Readlink:   rereading(os.Readlink, at, as),
		LookupPort: lookupPort,
	}
}

func rereading[T any](read func(string) (T, error), at func(string) string, as func(func() error) error) func(string) (T, error) {
	return func(name string) (result T, err error) {
		err = as(func() error {
			result, err = read(at(name))
			return err
		})
		return result, err
	}
}

// maxFile bounds a configuration file, in bytes: whoever names a disk or a log by mistake gets a
// message instead of a machine without memory.
const maxFile = 4 << 20

// readFile is os.ReadFile of a file of sensible size.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	return data, err
}
