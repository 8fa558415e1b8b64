package unixauth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/backendtest"
	"pureftpd/internal/passhash"
)

const md5Other = "$1$abcdefgh$M55TzYaaccxVGbptZWaxX/" // of ""

const md5Secret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/" // of "secret"

// cheapSample is a line of shadow that makes the verification for a locked account cheap.
const cheapSample = "sample:" + md5Secret + ":::::::\n"

// today is the day that the tests play on.
func today() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

const day = 20779 // today, in days since 1970

// A system is a set of account files in a directory of the test's own.
type system struct{ dir string }

func newSystem(t *testing.T) system {
	t.Helper()
	s := system{t.TempDir()}
	s.write(t, "passwd", "joe:x:2001:2002:Joe,,,:/home/joe:/bin/sh\n")
	s.write(t, "group", "users:x:100:\n")
	s.write(t, "shadow", "joe:"+md5Secret+":19000:0:99999:7:::\n")
	s.write(t, "shells", "/bin/sh\n")
	return s
}

func (s system) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s system) files() Files {
	in := func(name string) string { return filepath.Join(s.dir, name) }
	return Files{Passwd: in("passwd"), Group: in("group"), Shadow: in("shadow"), Shells: in("shells")}
}

func (s system) backend() *Backend {
	return New(Config{Database: NewDatabase(s.files()), Verifier: passhash.New(passhash.Config{}), Now: today})
}

func login(t *testing.T, b *Backend, name string) error {
	t.Helper()
	_, err := b.Authenticate(t.Context(), auth.Credentials{User: name, Password: "secret"})
	return err
}

func TestSuite(t *testing.T) {
	backendtest.Run(t, backendtest.Source{
		New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
			s := newSystem(t)
			var passwd, shadow strings.Builder
			for _, u := range users {
				fmt.Fprintf(&passwd, "%s:x:%d:%d::%s:/bin/sh\n", u.Name, u.UID, u.GID, u.Home)
				fmt.Fprintf(&shadow, "%s:%s:::::::\n", u.Name, u.Hash)
			}
			s.write(t, "passwd", passwd.String())
			s.write(t, "shadow", shadow.String())
			return New(Config{Database: NewDatabase(s.files()), Verifier: v})
		},
		NewBroken: func(t *testing.T, v auth.Verifier) auth.Backend {
			s := newSystem(t)
			files := s.files()
			files.OpenShadow = func(path string) (*os.File, error) {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
			}
			return New(Config{Database: NewDatabase(files), Verifier: v})
		},
	})
}

func TestAccountOfALogin(t *testing.T) {
	s := newSystem(t)
	s.write(t, "group", "users:x:100:joe\njoe:x:2002:\nadm:x:4:syslog,joe\nagain:x:4:joe\nbad:x:z:joe\nwheel:*:10:ann,joe")
	a, err := s.backend().Authenticate(t.Context(), auth.Credentials{User: "joe", Password: "secret"})
	if err != nil || !slices.Equal(a.Groups, []uint32{100, 4, 10}) || !a.SystemNames || a.Anonymous ||
		a.Home != "/home/joe" || a.UID != 2001 || a.GID != 2002 {
		t.Errorf("Authenticate = %+v, %v", a, err)
	}
}

// An account says whether its hash ought to be replaced, in whichever file it is.
func TestLegacyHashOfALogin(t *testing.T) {
	const sound = "$argon2id$v=19$m=64,t=2,p=1$23HOWxmcurnawWrLCPddQg$XU6/x4yOrQA6e7pRz9BgY4VUI5V9+1Jxha75gpUF0ME"
	for _, test := range []struct{ passwd, shadow, want string }{
		{"x", md5Secret, "MD5-crypt"},
		{md5Secret, sound, "MD5-crypt"},
		{"x", sound, ""},
		{sound, md5Secret, ""},
	} {
		s := newSystem(t)
		s.write(t, "passwd", "joe:"+test.passwd+":2001:2002::/home/joe:/bin/sh\n")
		s.write(t, "shadow", "joe:"+test.shadow+":::::::\n")
		a, err := s.backend().Authenticate(t.Context(), auth.Credentials{User: "joe", Password: "secret"})
		if err != nil || a.LegacyHash != test.want {
			t.Errorf("%s, %s: Authenticate = %q, %v; want %q", test.passwd, test.shadow, a.LegacyHash, err, test.want)
		}
	}
}

// An administrator, and a program, find out from the log which of these it was.
func TestCauseOfARefusal(t *testing.T) {
	for _, test := range []struct {
		shell, shadow string
		want          auth.Cause
	}{
		{"/bin/sh", md5Secret + ":::::::", ""},
		{"/bin/sh", md5Other + ":::::::", auth.WrongPassword},
		{"/bin/sh", "!" + md5Secret + ":::::::", auth.Locked},
		{"/bin/no", md5Secret + ":::::::", auth.Shell},
		{"/bin/sh", fmt.Sprintf("%s:19000:0:99999:7::%d:", md5Secret, day), auth.Expired},
		{"/bin/sh", fmt.Sprintf("%s:%d:0:30:7:::", md5Secret, day-31), auth.PasswordExpired},
		{"/bin/sh", md5Secret + ":0:0:99999:7:::", auth.PasswordExpired},
		{"/bin/sh", md5Secret + ":x:::::::", auth.BadRecord},
	} {
		s := newSystem(t)
		s.write(t, "passwd", "joe:x:2001:2002::/home/joe:"+test.shell+"\n")
		s.write(t, "shadow", "joe:"+test.shadow+"\n"+cheapSample)
		var got auth.Cause
		if err := login(t, s.backend(), "joe"); err != nil {
			got = auth.CauseOf(err)
		}
		if got != test.want {
			t.Errorf("%s, %s: cause %q; want %q", test.shell, test.shadow, got, test.want)
		}
	}
}

// Each row is a line of passwd and one of shadow for joe, and what becomes of the login.
func TestLogin(t *testing.T) {
	const passwd = "joe:x:2001:2002::/home/joe:/bin/sh"
	shadow := func(aging string) string { return "joe:" + md5Secret + ":" + aging }
	for _, test := range []struct {
		name, passwd, shadow string
		want                 error
		reason               string
	}{
		{"plain", passwd, shadow("19000:0:99999:7:::"), nil, ""},
		{"short shadow line", passwd, "joe:" + md5Secret, nil, ""},
		{"account expires tomorrow", passwd, shadow(fmt.Sprintf("19000:0:99999:7::%d:", day+1)), nil, ""},
		{"account expires today", passwd, shadow(fmt.Sprintf("19000:0:99999:7::%d:", day)), auth.ErrRefused, "expired on 2026-11-22"},
		{"account expired in 1970", passwd, shadow("19000:0:99999:7::0:"), auth.ErrRefused, "expired"},
		{"account never expires", passwd, shadow("19000:0:99999:7::-1:"), nil, ""},
		{"password is of its maximum age", passwd, shadow(fmt.Sprintf("%d:0:30:7:::", day-30)), nil, ""},
		{"password is too old", passwd, shadow(fmt.Sprintf("%d:0:30:7:::", day-31)), auth.ErrRefused, "password expired on 2026-11-21"},
		{"password is too old yet not inactive", passwd, shadow(fmt.Sprintf("%d:0:30:7:90::", day-31)), auth.ErrRefused, "expired"},
		{"password must be changed", passwd, shadow("0:0:99999:7:::"), auth.ErrRefused, "must be changed"},
		{"password changed in the future", passwd, shadow(fmt.Sprintf("%d:0:30:7:::", day+9)), nil, ""},
		{"no maximum age", passwd, shadow("100:0:-1:7:::"), nil, ""},
		{"aging not known", passwd, shadow(":::::::"), nil, ""},
		{"bad day", passwd, shadow("19000:0:99999:7::soon:"), auth.ErrRefused, "cannot be understood"},
		{"bad maximum", passwd, shadow("19000:0:9x:7:::"), auth.ErrRefused, "cannot be understood"},
		{"not in shadow", passwd, "ann:" + md5Secret + ":::::::", auth.ErrRefused, "locked"},
		{"empty hash", passwd, "joe::19000:0:99999:7:::", auth.ErrRefused, "locked"},
		{"locked", passwd, "joe:!" + md5Secret + ":::::::", auth.ErrRefused, "locked"},
		{"first shadow line counts", passwd, "joe:*:::::::\njoe:" + md5Secret + ":::::::", auth.ErrRefused, "locked"},

		{"hash in passwd", "joe:" + md5Secret + ":1:1::/:/bin/sh", "", nil, ""},
		{"empty password in passwd", "joe::1:1::/:/bin/sh", shadow(":::::::"), auth.ErrRefused, "locked"},
		{"star in passwd", "joe:*:1:1::/:/bin/sh", shadow(":::::::"), auth.ErrRefused, "locked"},
		{"root", "joe:x:0:0::/root:/bin/sh", shadow(":::::::"), nil, ""},
		{"first passwd line counts", "joe:x:1:1::/:/bin/no\n" + passwd, shadow(":::::::"), auth.ErrRefused, "shell"},

		{"shell not listed", "joe:x:1:1::/:/bin/bash", shadow(":::::::"), auth.ErrRefused, `shell "/bin/bash"`},
		{"shell in other case", "joe:x:1:1::/:/bin/SH", shadow(":::::::"), auth.ErrRefused, "shell"},
		{"no shell", "joe:x:1:1::/:", shadow(":::::::"), auth.ErrRefused, "shell"},
		{"no field for a shell", "joe:x:1:1::/", shadow(":::::::"), auth.ErrRefused, "shell"},
		{"shell ftp", "joe:x:1:1::/:ftp", shadow(":::::::"), nil, ""},
		{"shell FtP", "joe:x:1:1::/:FtP", shadow(":::::::"), nil, ""},
		{"shell /bin/ftp", "joe:x:1:1::/:/bin/ftp", shadow(":::::::"), auth.ErrRefused, "shell"},
		{"no home", "joe:x:1:1:::/bin/sh", shadow(":::::::"), auth.ErrRefused, "home"},
		{"relative home", "joe:x:1:1::home:/bin/sh", shadow(":::::::"), auth.ErrRefused, "home"},

		{"no such line", "#joe:x:1:1::/:/bin/sh\n+joe:x:1:1::/:/bin/sh\n+\n-joe\njoe:x\n", shadow(":::::::"), auth.ErrUnknown, ""},
		{"bad uid", "joe:x:one:1::/:/bin/sh", shadow(":::::::"), auth.ErrUnknown, ""},
		{"uid -1", "joe:x:-1:1::/:/bin/sh", shadow(":::::::"), auth.ErrUnknown, ""},
		{"gid of none", "joe:x:1:4294967295::/:/bin/sh", shadow(":::::::"), auth.ErrUnknown, ""},
	} {
		s := newSystem(t)
		s.write(t, "passwd", test.passwd)
		s.write(t, "shadow", test.shadow+"\n"+cheapSample)
		err := login(t, s.backend(), "joe")
		if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%s: Authenticate = %v; want %v %q", test.name, err, test.want, test.reason)
		}
	}
}

// A last line without an ending is a line: the original's users had to add one.
func TestShellsFile(t *testing.T) {
	for _, test := range []struct {
		text string
		want bool
	}{
		{"/bin/sh\n", true}, {"/bin/sh", true}, {"# shells\n/bin/bash\n/bin/sh", true}, {"  /bin/sh # the shell\n", true},
		{"/bin/sh\r\n", true}, {"/bin/sh#\n", true}, {"", false}, {"#/bin/sh\n", false}, {"/bin/shell\n", false},
		{"/bin/bash /bin/sh\n", false}, {"/\n", false},
	} {
		s := newSystem(t)
		s.write(t, "shells", test.text)
		if err := login(t, s.backend(), "joe"); (err == nil) != test.want {
			t.Errorf("shells %q: Authenticate = %v; want accepted %v", test.text, err, test.want)
		}
	}
}

func TestWithoutShellsFile(t *testing.T) {
	s := newSystem(t)
	if err := os.Remove(s.files().Shells); err != nil {
		t.Fatal(err)
	}
	s.write(t, "passwd", "joe:x:1:1::/:/bin/sh\nann:x:2:2::/:/bin/csh\neve:x:3:3::/:/bin/bash\n")
	s.write(t, "shadow", "joe:"+md5Secret+":\nann:"+md5Secret+":\neve:"+md5Secret+":\n")
	b := s.backend()
	for name, want := range map[string]error{"joe": nil, "ann": nil, "eve": auth.ErrRefused} {
		if err := login(t, b, name); !errors.Is(err, want) {
			t.Errorf("Authenticate(%q) = %v; want %v", name, err, want)
		}
	}
}

func TestEditsCountAtOnce(t *testing.T) {
	s := newSystem(t)
	b := s.backend()
	for i := range 5 { // faster than the file system's clock ticks, and of equal size
		s.write(t, "shadow", "joe:"+md5Secret+":::::::\n"+cheapSample)
		if err := login(t, b, "joe"); err != nil {
			t.Errorf("round %d: Authenticate = %v; want nil", i, err)
		}
		s.write(t, "shadow", "joe:"+strings.Replace(md5Secret, "$1$", "*1$", 1)+":::::::\n"+cheapSample)
		if err := login(t, b, "joe"); !errors.Is(err, auth.ErrRefused) {
			t.Errorf("round %d: Authenticate of a locked account = %v", i, err)
		}
	}
	if err := os.Remove(s.files().Shadow); err != nil {
		t.Fatal(err)
	}
	if err := login(t, b, "joe"); !errors.Is(err, auth.ErrBroken) {
		t.Errorf("without a shadow file: Authenticate = %v; want ErrBroken", err)
	}
	if err := os.Remove(s.files().Passwd); err != nil {
		t.Fatal(err)
	}
	if err := login(t, b, "joe"); !errors.Is(err, auth.ErrBroken) {
		t.Errorf("without a passwd file: Authenticate = %v; want ErrBroken", err)
	}
}

func TestUnchangedFilesAreReadOnce(t *testing.T) {
	s := newSystem(t)
	files := s.files()
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(files.Shadow, old, old); err != nil {
		t.Fatal(err)
	}
	opened := 0
	files.OpenShadow = func(path string) (*os.File, error) {
		opened++
		return os.Open(path)
	}
	b := New(Config{Database: NewDatabase(files), Verifier: passhash.New(passhash.Config{}), Now: today})
	for range 5 {
		if err := login(t, b, "joe"); err != nil {
			t.Fatal(err)
		}
	}
	if opened != 1 {
		t.Errorf("the shadow file was opened %d times; want once", opened)
	}
}

func TestSampleIsTheFirstUsableHash(t *testing.T) {
	s := newSystem(t)
	s.write(t, "shadow", "root:*:1::::::\ndaemon:!:1::::::\nold:Fl59EP5b.LMeQ:1::::::\njoe:"+md5Secret+":1::::::\n")
	if got := s.backend().SampleHash(); got != md5Secret {
		t.Errorf("SampleHash = %q; want %q", got, md5Secret)
	}
}
