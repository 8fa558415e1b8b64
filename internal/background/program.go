package background

import (
	"fmt"
	"os"
	"path/filepath"
)

// CheckProgram looks at an administrator's program as the user who will run it.
func CheckProgram(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("the program cannot be run: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("the program cannot be run: %s is not a file", filepath.Clean(path))
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("the program cannot be run: nobody may execute %s; chmod 755 it", filepath.Clean(path))
	}
	return nil
}
