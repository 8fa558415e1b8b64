package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Build builds the command of the module that is called name into dir and returns the program's
// path.
func Build(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-o", path, "pureftpd/cmd/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // a server built with cgo cannot give up root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, strings.TrimSpace(string(out)))
	}
	return path, nil
}

// Main is the work of a TestMain: it builds commands of the module into a directory that others may enter, tells which in into, and runs the tests.
func Main(m *testing.M, into *string, names ...string) int {
	dir, err := os.MkdirTemp("", "pure-ftpd-built-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	defer os.RemoveAll(dir)
	for _, name := range names {
		if err == nil {
			_, err = Build(dir, name)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*into = dir
	return m.Run()
}
