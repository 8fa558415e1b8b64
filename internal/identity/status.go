package identity

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Status is what the kernel says of the process, thread by thread.
type Status struct{ Threads []Thread }

// A Thread is the identity of one thread. The ids are real, effective, saved and file system id.
type Thread struct {
	ID         int
	UIDs, GIDs [4]uint32
	Groups     []uint32
	Effective  Set
	Permitted  Set
	Bounding   Set
	NoNewPrivs bool
	Filtered   bool // a seccomp filter is installed
}

// ReadStatus reads /proc. Threads that are within a bracket are seen so.
func ReadStatus() (Status, error) {
	files, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(files) == 0 {
		return Status{}, fmt.Errorf("read the threads' status: /proc is not mounted")
	}
	var s Status
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the thread has ended
		}
		if err != nil {
			return Status{}, fmt.Errorf("read the threads' status: %w", err)
		}
		t, err := parseThread(text)
		if err != nil {
			return Status{}, fmt.Errorf("%s: %w", file, err)
		}
		s.Threads = append(s.Threads, t)
	}
	return s, nil
}

// AtRest reports every way in which a thread has more than a process that was dropped should have.
// Called while no bracket is open, it is nil after a successful Drop.
func (s Status) AtRest() error {
	var errs []error
	for _, t := range s.Threads {
		for _, uid := range t.UIDs {
			if uid == 0 || uid != t.UIDs[0] {
				errs = append(errs, fmt.Errorf("thread %d: uids %v", t.ID, t.UIDs))
				break
			}
		}
		if len(t.Groups) != 0 {
			errs = append(errs, fmt.Errorf("thread %d: groups %v", t.ID, t.Groups))
		}
		if extra := t.Effective &^ effectiveAtRest; extra != 0 {
			errs = append(errs, fmt.Errorf("thread %d: %v in force", t.ID, extra))
		}
		if extra := t.Permitted &^ (permittedAtRest | permittedForRoot); extra != 0 {
			errs = append(errs, fmt.Errorf("thread %d: %v permitted", t.ID, extra))
		}
	}
	return errors.Join(errs...)
}

// parseThread reads the text of a status file (proc_pid_status(5)). Lines it does not know are no
// concern of it.
func parseThread(text []byte) (Thread, error) {
	var t Thread
	var err error
	keep := func(e error) {
		if err == nil {
			err = e
		}
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Pid":
			var e error
			t.ID, e = strconv.Atoi(value)
			keep(e)
		case "Uid":
			keep(parseIDs(t.UIDs[:], value))
		case "Gid":
			keep(parseIDs(t.GIDs[:], value))
		case "Groups":
			t.Groups = make([]uint32, len(strings.Fields(value)))
			keep(parseIDs(t.Groups, value))
		case "CapEff":
			keep(parseSet(&t.Effective, value))
		case "CapPrm":
			keep(parseSet(&t.Permitted, value))
		case "CapBnd":
			keep(parseSet(&t.Bounding, value))
		case "NoNewPrivs":
			t.NoNewPrivs = value == "1"
		case "Seccomp":
			t.Filtered = value == "2"
		}
	}
	return t, errors.Join(err, lines.Err())
}

func parseIDs(ids []uint32, value string) error {
	fields := strings.Fields(value)
	if len(fields) != len(ids) {
		return fmt.Errorf("%d ids in %q", len(fields), value)
	}
	for i, field := range fields {
		id, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return err
		}
		ids[i] = uint32(id)
	}
	return nil
}

func parseSet(s *Set, value string) error {
	n, err := strconv.ParseUint(value, 16, 64)
	*s = Set(n)
	return err
}
