package harness

import (
	"os"
	"syscall"
)

// WriteProgram writes a program that the test will start. Nobody forks meanwhile: a child would have the file open for writing until
// it starts its own program, and the kernel starts none that somebody may write to.
func WriteProgram(path, text string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, []byte(text), 0o755)
}
