package options

import (
	"strings"
	"testing"
)

// debian is a folder as Debian ships it, with what features have landed, and then edited.
func debian() map[string]string {
	return map[string]string{
		"/etc/pure-ftpd/pure-ftpd.conf":          "ThisIsNotRead yes\n",
		"/etc/pure-ftpd/auth/30pure":             "-> ../conf/PureDB",
		"/etc/pure-ftpd/auth/65unix":             "-> ../conf/UnixAuthentication",
		"/etc/pure-ftpd/auth/70pam":              "-> ../conf/PAMAuthentication",
		"/etc/pure-ftpd/auth/90gone":             "-> ../conf/ExtAuth",
		"/etc/pure-ftpd/conf/PureDB":             "/etc/pure-ftpd/pureftpd.pdb\n",
		"/etc/pure-ftpd/conf/UnixAuthentication": "no\n# but then\nyes\n",
		"/etc/pure-ftpd/conf/PAMAuthentication":  "no\n",
		"/etc/pure-ftpd/conf/LDAPConfigFile":     "/not/linked",
		"/etc/pure-ftpd/conf/Bind":               "\n  # all\n\n192.0.2.1,21\n192.0.2.2,22\n",
		"/etc/pure-ftpd/conf/FSCharset":          "UTF-8\n",
		"/etc/pure-ftpd/conf/LimitRecursion":     "-1 -1\n",
		"/etc/pure-ftpd/conf/MinUID":             "1000\n",
		"/etc/pure-ftpd/conf/MinUID.dpkg-old":    "junk\n",
		"/etc/pure-ftpd/conf/MinUID~":            "junk\n",
		"/etc/pure-ftpd/conf/NoAnonymous":        "yes\n",
		"/etc/pure-ftpd/conf/PerUserLimits":      "3 20",
		"/etc/pure-ftpd/conf/SyslogFacility":     "local1\n",
		"/etc/pure-ftpd/conf/TLS":                "0\n",
		"/etc/pure-ftpd/conf/Umask":              "133 022\n",
	}
}

func TestFolder(t *testing.T) {
	const want = "-g /var/run/pure-ftpd/pure-ftpd.pid -l puredb:/etc/pure-ftpd/pureftpd.pdb -l unix" +
		" -f local1 -S 192.0.2.1,21 -L -1:-1 -u 1000 -E -y 3:20 -U 133:022"
	for _, dir := range []string{"/etc/pure-ftpd", "/etc/pure-ftpd/", "/etc/pure-ftpd/conf", "/etc/pure-ftpd/conf/"} {
		o, err := parse(landed(), argv(dir), fakeEnv(debian()))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Replace(strings.Join(o.Switches(), " "), " -Y 0", "", 1)
		if got != want {
			t.Errorf("%s: %s; want %s", dir, got, want)
		}
		if len(o.Warnings) != 2 {
			t.Errorf("%s: warnings %q; want one for the broken link and one for FSCharset", dir, o.Warnings)
		}
		for long, want := range map[string]string{
			"login":   "/etc/pure-ftpd/conf/PureDB:1, /etc/pure-ftpd/conf/UnixAuthentication:3",
			"bind":    "/etc/pure-ftpd/conf/Bind:4",
			"pidfile": "/etc/pure-ftpd/conf",
		} {
			if got := originText(o.Origins(long)); got != want {
				t.Errorf("%s: origin of %s = %s; want %s", dir, long, got, want)
			}
		}
	}
}

func TestFolderMistakes(t *testing.T) {
	files := debian()
	files["/etc/pure-ftpd/auth/10wrong"] = "-> ../conf/Umask"
	files["/etc/pure-ftpd/auth/20file"] = "no link"
	files["/etc/pure-ftpd/conf/Banana"] = "yes"
	files["/etc/pure-ftpd/conf/Include"] = "/a.conf"
	files["/etc/pure-ftpd/conf/MaxLoad"] = "# load\nlots\n4\n"
	_, err := Parse(argv("/etc/pure-ftpd"), fakeEnv(files))
	var got []string
	for _, mistake := range mistakesOf(t, err) {
		got = append(got, (&Error{File: mistake.File, Line: mistake.Line, Text: mistake.Text}).Error())
	}
	want := []string{
		"/etc/pure-ftpd/auth/10wrong: Umask is not a way to look accounts up",
		"/etc/pure-ftpd/auth/20file: is not a symbolic link",
		"/etc/pure-ftpd/conf/Banana:1: unknown directive",
		"/etc/pure-ftpd/conf/Include:1: unknown directive",
		`/etc/pure-ftpd/conf/MaxLoad:2: "lots" is not a number`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("mistakes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFolderWithoutAuth(t *testing.T) {
	o, err := Parse(argv("/srv/conf"), fakeEnv(map[string]string{"/srv/conf/MinUID": "5"}))
	if err != nil || len(o.Warnings) != 1 || o.MinUID != 5 || o.Auth[0].Method != "unix" {
		t.Errorf("Parse: %+v, %v; want uid 5, unix and a warning", o, err)
	}
}
