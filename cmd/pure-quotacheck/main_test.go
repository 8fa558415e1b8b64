package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary the program itself.
const asProgram = "PURE_QUOTACHECK"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeUsers is a system with a user and two groups.
func fakeUsers() users {
	return users{
		user: func(name string) (*user.User, error) {
			switch name {
			case "ann":
				return &user.User{Username: "ann", Uid: "1001", Gid: "1002"}, nil
			case "root":
				return &user.User{Username: "root", Uid: "0", Gid: "0"}, nil
			case "rooted":
				return &user.User{Username: "rooted", Uid: "1005", Gid: "0"}, nil
			case "broken":
				return nil, os.ErrDeadlineExceeded
			}
			return nil, user.UnknownUserError(name)
		},
		userID: func(uid string) (*user.User, error) {
			if uid == "1001" {
				return &user.User{Username: "ann", Uid: uid, Gid: "1002"}, nil
			}
			return nil, user.UnknownUserIdError(0)
		},
		group: func(name string) (*user.Group, error) {
			switch name {
			case "staff":
				return &user.Group{Gid: "1003"}, nil
			case "root":
				return &user.Group{Gid: "0"}, nil
			case "broken":
				return nil, os.ErrDeadlineExceeded
			}
			return nil, user.UnknownGroupError(name)
		},
		groups: func(*user.User) ([]string, error) { return []string{"1002", "1003"}, nil },
	}
}

// check runs the program without changing its identity.
func check(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	must(t, err)
	defer f.Close()
	var out strings.Builder
	c := command{name: "pure-quotacheck", users: fakeUsers(), stdout: &out, stderr: f}
	status = c.run(ctx, args)
	text, err := os.ReadFile(f.Name())
	must(t, err)
	return status, out.String(), string(text)
}

func TestExitStatus(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/file", nil, 0o600))
	must(t, os.MkdirAll(dir+"/link", 0o755))
	must(t, os.Symlink("/etc/passwd", dir+"/link/.ftpquota"))
	must(t, os.MkdirAll(dir+"/dir/.ftpquota", 0o755))
	const badUID, badGID = "pure-quotacheck: no such user: give a name, or a uid above 0 (-u)", "pure-quotacheck: no such group: give a name, or a gid above 0 (-g)"
	for _, test := range []struct {
		args   string // DIR stands for a directory
		status int
		stderr string
	}{
		{"-u ann -d DIR", 0, ""},
		{"-u 1001 -g staff -d DIR", 0, ""},
		{"--user=ann --dir DIR --group 7", 0, ""},
		{"-d DIR", exitBadID, badUID},
		{"-u ann", exitUsage, "pure-quotacheck: no directory was given (-d)"},
		{"-u nosuch", exitUsage, "pure-quotacheck: no directory was given (-d)"},
		{"-u ann -d DIR -d DIR", exitUsage, "pure-quotacheck: there is a directory already: DIR"},
		{"-u ann -g 1 -g 1 -d DIR", exitUsage, "pure-quotacheck: there is a group already: 1"},
		{"-u ann -d DIR rest", exitUsage, "pure-quotacheck: unexpected argument rest"},
		{"-u root -d DIR", exitBadID, badUID},
		{"-u broken -d DIR", exitBadID, "pure-quotacheck: cannot look up user broken: I/o timeout"},
		{"-u 0 -d DIR", exitBadID, badUID},
		{"-u -1 -d DIR", exitBadID, badUID},
		{"-u 5x -d DIR", exitBadID, badUID},
		{"-u 4294967295 -g 1 -d DIR", exitBadID, badUID},
		{"-u 4294967297 -g 1 -d DIR", exitBadID, badUID},
		{"-u 1001 -d DIR", exitBadID, badGID},
		{"-u 1001 -g 0 -d DIR", exitBadID, badGID},
		{"-u 1001 -g root -d DIR", exitBadID, badGID},
		{"-u 1001 -g 1x -d DIR", exitBadID, badGID},
		{"-u ann -g nosuch -d DIR", exitBadID, badGID},
		{"-u ann -g broken -d DIR", exitBadID, "pure-quotacheck: cannot look up group broken: I/o timeout"},
		{"-u rooted -d DIR", exitBadID, badGID},
		{"-u ann -d DIR/nosuch", exitEnter, "pure-quotacheck: cannot enter DIR/nosuch: No such file or directory"},
		{"-u ann -d DIR/file", exitEnter, "pure-quotacheck: cannot enter DIR/file: Not a directory"},
		{"-u ann --directory=", exitEnter, "pure-quotacheck: cannot enter : No such file or directory"},
		{"-u ann -d DIR/link", exitWrite, "pure-quotacheck: cannot write .ftpquota: Too many levels of symbolic links"},
		{"-u ann -d DIR/dir", exitWrite, "pure-quotacheck: cannot write .ftpquota: Is a directory"},
	} {
		args := strings.Fields(strings.ReplaceAll(test.args, "DIR", dir))
		status, stdout, stderr := check(t, t.Context(), args...)
		if stderr = strings.ReplaceAll(strings.TrimSuffix(stderr, "\n"), dir, "DIR"); status != test.status ||
			stdout != "" || stderr != test.stderr {
			t.Errorf("%s: status %d, output %q, %q; want %d, nothing, %q", test.args, status, stdout, stderr, test.status, test.stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, test := range []struct{ args, stderr string }{
		{"", ""},
		{"-h", ""},
		{"--help -d /nonexistent", ""},
		{"-u nosuch -h", ""},
		{"-x", "pure-quotacheck: invalid option -- 'x'\n"},
		{"-u ann -d /nonexistent -x", "pure-quotacheck: invalid option -- 'x'\n"},
		{"-u", "pure-quotacheck: option requires an argument -- 'u'; write -u ftpuser\n"},
	} {
		status, stdout, stderr := check(t, t.Context(), strings.Fields(test.args)...)
		if status != 0 || stdout != help || stderr != test.stderr {
			t.Errorf("%q: status %d, errors %q, output\n%s", test.args, status, stderr, stdout)
		}
	}
}

func TestHelpNamesEveryOption(t *testing.T) {
	for _, o := range options() {
		if want := "--" + o.Long; !strings.Contains(help, want) {
			t.Errorf("the help does not know %s", want)
		}
		if want := fmt.Sprintf("-%c,", o.Short); o.Short != 0 && !strings.Contains(help, want) {
			t.Errorf("the help does not know %s", want)
		}
	}
}
