package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
