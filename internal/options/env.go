package options

import (
	"fmt"
	"io"
	"io/fs"
	"os"
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
