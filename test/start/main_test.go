package start

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pureftpd/test/harness"
)

// programVariable names the server that a run on a stage finds built.
const programVariable = "PURE_FTPD_UNDER_TEST"

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the server and runs the tests, on a stage if they are to have one.
func run(m *testing.M) int {
	if os.Getenv(programVariable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "pure-ftpd-start-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program, err := harness.Build(dir, "pure-ftpd")
	if err == nil {
		err = os.Chmod(dir, 0o755) // for those who run it without being root
	}
	if err == nil {
		err = os.Setenv(programVariable, program)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return perform(m, filepath.Join(dir, "stage"))
}
