package harness

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// prepare makes the server's files.
func (s *Server) prepare() error {
	if err := os.Chmod(s.Dir, 0o755); err != nil {
		return err
	}
	for _, dir := range []string{"home", "ftp", "joe"} {
		if err := os.Mkdir(filepath.Join(s.Dir, dir), 0o755); err != nil {
			return err
		}
	}
	files := make(map[string]string)
	if s.config.Staged {
		maps.Copy(files, system())
	}
	maps.Copy(files, s.config.Files)
	for path, text := range files {
		path = filepath.Join(s.Dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(s.Expand(text)), 0o644); err != nil {
			return err
		}
	}
	users := s.config.Users
	if users == "" {
		users = "ann:secret:$UID:$GID::$DIR/home/./::::::::::::\n"
	}
	pdb := PureDB(s.Expand(users))
	if err := os.WriteFile(filepath.Join(s.Dir, "users.pdb"), pdb, 0o600); err != nil {
		return err
	}
	if err := writeCertificate(filepath.Join(s.Dir, "tls.pem")); err != nil {
		return err
	}
	if err := s.own("home", s.uid, s.gid); err != nil {
		return err
	}
	if err := s.own("joe", 2102, 2102); err != nil {
		return err
	}
	for _, line := range s.config.Setup {
		if err := s.setup(strings.Fields(s.Expand(line))); err != nil {
			return fmt.Errorf("setup %q: %w", line, err)
		}
	}
	return nil
}

// own gives a tree to a user, if the test is root.
func (s *Server) own(dir string, uid, gid int) error {
	if os.Getuid() != 0 {
		return nil
	}
	return filepath.Walk(filepath.Join(s.Dir, dir), func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

// setup does what one line of a setup section says. A path is relative to the server's folder;
// `\_` in it is a blank.
func (s *Server) setup(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("a word and a path are needed")
	}
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], `\_`, " ")
	}
	path, args := filepath.Join(s.Dir, words[1]), words[2:]
	arg := strings.Join(args, " ")
	switch words[0] {
	case "mkdir":
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		return s.ours(path)
	case "chmod":
		mode, err := strconv.ParseUint(arg, 8, 32)
		if err != nil {
			return err
		}
		return syscall.Chmod(path, uint32(mode))
	case "mtime":
		when, err := time.ParseInLocation("2006-01-02T15:04:05", arg, time.UTC)
		if err != nil {
			return err
		}
		return os.Chtimes(path, when, when)
	case "symlink":
		if err := os.Symlink(arg, path); err != nil {
			return err
		}
		return s.ours(path)
	case "fifo":
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			return err
		}
		return s.ours(path)
	case "size":
		return s.sized(path, arg)
	case "sparse": // nothing but a hole
		n, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return err
		}
		return errors.Join(os.Truncate(path, n), s.ours(path))
	case "write": // without the line end that an archive puts after every file
		if err := os.WriteFile(path, []byte(arg), 0o644); err != nil {
			return err
		}
		return s.ours(path)
	case "chown":
		var uid, gid int
		if _, err := fmt.Sscanf(arg, "%d:%d", &uid, &gid); err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	case "remove":
		return os.RemoveAll(path)
	}
	return fmt.Errorf("nothing is called %q", words[0])
}

// sized makes a file of that many bytes, which repeat the sixteen hexadecimal digits.
func (s *Server) sized(path, size string) error {
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	text := strings.Repeat("0123456789abcdef", n/16+1)[:n]
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	return s.ours(path)
}

// ours gives a file in the home to the virtual users, if the test is root.
func (s *Server) ours(path string) error {
	if os.Getuid() != 0 || !strings.HasPrefix(path, filepath.Join(s.Dir, "home")) {
		return nil
	}
	return os.Lchown(path, s.uid, s.gid)
}
