//go:build privileged

package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A denial is a command that the permissions of some file forbid.
type denial struct {
	setup   string // a command ahead of it, which works
	command string // as in a probe
	code    int
	why     string
	inPlace bool // -0 needs no permission of the file, only of the folder beside it
}

const (
	accessDenied = "Permission denied"
	notPermitted = "Operation not permitted"
)

func denials() []denial {
	return []denial{
		{command: "STOR readonly/new <", code: 553, why: accessDenied},
		{command: "MKD readonly/new", code: 550, why: accessDenied},
		{command: "RMD readonly/sub", code: 550, why: accessDenied},
		{command: "DELE readonly/file", code: 550, why: accessDenied},
		{setup: "RNFR readonly/file", command: "RNTO moved", code: 451, why: accessDenied},
		{setup: "RNFR own", command: "RNTO readonly/moved", code: 451, why: accessDenied},
		{command: "STOR readonly/file <", code: 553, why: accessDenied},
		{command: "APPE readonly/file <", code: 553, why: accessDenied},
		{command: "SITE CHMOD 777 readonly/file", code: 550, why: notPermitted},
		{command: "MFMT 20200101000000 readonly/file", code: 550},

		{command: "RETR unreadable >", code: 550, why: accessDenied},
		{command: "RETR roots >", code: 550, why: accessDenied},
		{command: "STOR roots <", code: 553, why: accessDenied, inPlace: true},
		{command: "APPE roots <", code: 553, why: accessDenied},
		{command: "APPE unreadable/below <", code: 553, why: "Not a directory"},

		{command: "RETR closed/file >", code: 550, why: accessDenied},
		{command: "STOR closed/file <", code: 553, why: accessDenied},
		{command: "STOR closed/sub/new <", code: 553, why: accessDenied},
		{command: "CWD closed", code: 550, why: accessDenied},
		{command: "CWD closed/sub", code: 550, why: accessDenied},
		{command: "SIZE closed/file", code: 550},
		{command: "MDTM closed/file", code: 550},
		{command: "MLST closed/file", code: 550},
		{command: "MLSD closed/sub >", code: 550},
		{command: "NLST closed/sub >", code: 550},
		{command: "DELE closed/file", code: 550, why: accessDenied},
		{command: "MKD closed/new", code: 550, why: accessDenied},
		{command: "RNFR closed/file", code: 550, why: accessDenied},
		{command: "CWD unlisted/../closed", code: 550, why: accessDenied},
		{command: "MLSD unlisted >", code: 550, why: accessDenied},
		{command: "NLST unlisted >", code: 550, why: accessDenied},

		{command: "DELE sticky/file", code: 550, why: notPermitted},
		{command: "RMD sticky/sub", code: 550, why: notPermitted},
		{setup: "RNFR sticky/file", command: "RNTO moved", code: 451, why: notPermitted},
		{setup: "RNFR own", command: "RNTO sticky/file", code: 451, why: notPermitted},
	}
}

// testDenied checks that the permissions of the disk hold at each step of each command, with and without -0.
func testDenied(t *testing.T, l *lab) {
	for _, options := range [][]string{nil, {"-0"}} {
		t.Run(fmt.Sprint(options), func(t *testing.T) {
			s := l.start(t, folder(t)+"/home", options...)
			forbid(t, s)
			before := snapshot(t, s.home)
			in := s.login(t)
			for _, d := range denials() {
				if d.inPlace && options != nil {
					continue
				}
				if d.setup != "" {
					in.expect(t, 350, d.setup)
				}
				text, err := in.run(d.command)
				if err != nil {
					t.Fatalf("%s: %v", d.command, err)
				}
				if !strings.HasPrefix(text, fmt.Sprint(d.code)) || !strings.Contains(text, d.why) {
					t.Errorf("%s: answered %q, want %d and %q", d.command, text, d.code, d.why)
				}
				in.expect(t, 250, "CWD /")
				after := snapshot(t, s.home)
				for path, facts := range before {
					if after[path] != facts {
						t.Errorf("%s: %s is %q, was %q", d.command, path, after[path], facts)
					}
				}
				if len(after) != len(before) {
					t.Errorf("%s: there are %d files, there were %d", d.command, len(after), len(before))
				}
				before = after
			}
			in.alive(t)
		})
	}
}

// forbid makes the files that the denials run into.
func forbid(t *testing.T, s *site) {
	t.Helper()
	for _, f := range []struct {
		name string // a folder, if it ends in a slash
		mode uint32
		id   int
	}{
		{"own", 0o644, userID},
		{"readonly/", 0o755, 0}, {"readonly/file", 0o644, 0}, {"readonly/sub/", 0o777, 0},
		{"unreadable", 0o000, userID}, {"roots", 0o600, 0},
		{"closed/", 0o600, userID}, {"closed/file", 0o666, userID}, {"closed/sub/", 0o777, userID},
		{"unlisted/", 0o311, userID}, {"unlisted/file", 0o644, userID},
		{"sticky/", 0o1777, 0}, {"sticky/file", 0o666, 0}, {"sticky/sub/", 0o777, 0},
	} {
		path := s.path(f.name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if !strings.HasSuffix(f.name, "/") {
			err = errors.Join(err, os.WriteFile(path, []byte("as it was"), 0o600))
		} else {
			err = errors.Join(err, os.MkdirAll(path, 0o755))
		}
		if err := errors.Join(err, os.Chown(path, f.id, f.id), syscall.Chmod(path, f.mode)); err != nil {
			t.Fatal(err)
		}
	}
}

// snapshot describes the files of a tree, apart from the times that reading changes.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	seen := make(map[string]string)
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		content := ""
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = string(b)
		}
		seen[path] = fmt.Sprintf("%d %d %#o %d %d %q", st.Ino, st.Uid, st.Mode, st.Size, info.ModTime().UnixNano(), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
