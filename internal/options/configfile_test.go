package options

import (
	"fmt"
	"strings"
	"testing"
)

// fileOptions reads text as /a.conf with every feature landed.
func fileOptions(text string) (*Options, error) {
	return parse(landed(), argv("/a.conf"), fakeEnv(map[string]string{"/a.conf": text}))
}

// A line and the switches it stands for. The lines of the first part are the original's grammar;
// those of the second are refused by it and understood here.
func TestLines(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"ChrootEveryone yes", "-A"},
		{"chrooteveryone\tTRUE", "-A"},
		{"ChrootEveryone=on", "-A"},
		{"ChrootEveryone: 1", "-A"},
		{"  ChrootEveryone = Yes \t\r", "-A"},
		{"ChrootEveryone no", ""},
		{"ChrootEveryone Off", ""},
		{"# ChrootEveryone yes", ""},
		{"   # x", ""},
		{"MaxClientsNumber 010", "-c|010"},
		{"PassivePortRange 30000   50000", "-p|30000:50000"},
		{"Umask 133:022", "-U|133:022"},
		{"AnonymousBandwidth 8", "-t|8"},
		{"AnonymousBandwidth 8 9", "-t|8:9"},
		{"PIDFile /run/a b#c.pid", "-g|/run/a b#c.pid"},
		{`FortunesFile /a "b"`, `-F|/a "b"`},
		{"ForcePassiveIP a#b", "-P|a#b"},
		{"Bind ,2121", "-S|,2121"},
		{"PureDB /etc/pureftpd.pdb", "-l|puredb:/etc/pureftpd.pdb"},
		{"UnixAuthentication yes", "-l|unix"},
		{"CertFile /a", "-2|/a"},
		{`CertFileAndKey "/a b" /c`, "-2|/a b,/c"},
		{"CertFileAndKey /a /c", "-2|/a,/c"},
		{"VerboseLog yes", "-d"},

		{"ChrootEveryone yes # comment", "-A"},
		{"ChrootEveryone yes #comment", "-A"},
		{"MaxClientsNumber 5 # comment", "-c|5"},
		{"PIDFile /run/a.pid # comment", "-g|/run/a.pid"},
		{"PIDFile /run/a #1.pid", "-g|/run/a #1.pid"},
		{`PIDFile "/run/a # 1.pid" # comment`, "-g|/run/a # 1.pid"},
		{`SyslogFacility "ftp"`, "-f|ftp"},
		{`CertFile "/a"`, "-2|/a"},
		{`Bind "192.0.2.1,21"`, "-S|192.0.2.1,21"},
		{"Bind ::1,21", "-S|::1,21"},
		{"Bind = ::1,21", "-S|::1,21"},
		{"TrustedIP ::1", "-V|::1"},
		{"PassivePortRange 30000:50000", "-p|30000:50000"},
		{"PassivePortRange 30000_50000", "-p|30000:50000"},
		{"PassivePortRange 30000-50000", "-p|30000:50000"},
		{"PassivePortRange=30000 - 50000", "-p|30000:50000"},
		{"Umask 133 022", "-U|133:022"},
		{"Umask 133: 022", "-U|133:022"},
		{"LimitRecursion -1 -1", "-L|-1:-1"},
		{"LimitRecursion 100 -1", "-L|100:-1"},
		{"UserBandwidth 8:9", "-T|8:9"},
		{"UserBandwidth 8:", "-T|8:"},
		{"MaxLoad 4.5", "-m|4.5"},
		{"MaxDiskUsage 95%", "-k|95%"},
		{"\ufeffDaemonize yes", "-B"},
		{"VirtualChroot yes", "--virtualchroot"},
	} {
		o, err := fileOptions(test.line)
		if err != nil {
			t.Errorf("%q: %v", test.line, err)
			continue
		}
		if got := strings.Join(o.Switches(), "|"); got != test.want {
			t.Errorf("%q: %s; want %s", test.line, got, test.want)
		}
	}
}

func TestLineMistakes(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"ChrootEveryon yes", `ChrootEveryon: unknown directive; did you mean ChrootEveryone?`},
		{"ChrootEveryoneyes", `ChrootEveryoneyes: unknown directive; did you mean ChrootEveryone?`},
		{"Banana 5", `Banana: unknown directive; leave it out`},
		{"FSCharset utf8", `FSCharset: unknown directive; leave it out: file names are always UTF-8`},
		{"!Include /b", `"!Include /b" does not begin with a name; write NAME VALUE`},
		{"ChrootEveryone", `ChrootEveryone: the value is missing; write ChrootEveryone yes`},
		{"ChrootEveryone #yes", `ChrootEveryone: the value is missing; write ChrootEveryone yes`},
		{"Include", `Include: the value is missing; write Include FILE`},
		{"ChrootEveryone == yes", `ChrootEveryone: two separators; write one = or : or just a blank`},
		{"FortunesFile :=yes", `FortunesFile: two separators; write one = or : or just a blank`},
		{"ChrootEveryone-yes", `ChrootEveryone: unexpected "-yes"; write NAME VALUE with a blank between them`},
		{"ChrootEveryone maybe", `ChrootEveryone: "maybe" is neither yes nor no; write ChrootEveryone yes`},
		{"ChrootEveryone yes yes", `ChrootEveryone: "yes yes" is neither yes nor no; write ChrootEveryone yes`},
		{"maxclientsnumber x", `MaxClientsNumber: "x" is not a whole number; write MaxClientsNumber 50`},
		{"MaxClientsNumber -1", `MaxClientsNumber: "-1" is not a whole number; write MaxClientsNumber 50`},
		{"MaxClientsNumber 0", `MaxClientsNumber: "0" is not at least 1; write MaxClientsNumber 50`},
		{"MinUID 0x10", `MinUID: "0x10" is not a whole number; write MinUID 1000`},
		{"MaxLoad x", `MaxLoad: "x" is not a number; write MaxLoad 4`},
		{"Umask 133", `Umask: "133" is not two numbers; write Umask 133:022`},
		{"PassivePortRange 5", `PassivePortRange: "5" is not two numbers; write PassivePortRange 30000 50000`},
		{"PassivePortRange 5 6", `PassivePortRange: ports go from 1024 to 65535, not 5:6; ` +
			`write PassivePortRange 30000 50000`},
		{"AnonymousBandwidth 5:6:7", `AnonymousBandwidth: "5:6:7" is not one or two numbers; ` +
			`write AnonymousBandwidth 50 100`},
		{"Bind a b", `Bind: "a b" holds blanks; write Bind 192.0.2.1,21`},
		{"SyslogFacility a-b", `SyslogFacility: "a-b" holds more than letters and digits; ` +
			`write SyslogFacility ftp`},
		{"CertFileAndKey /a", `CertFileAndKey: "/a" is not two paths; ` +
			`write CertFileAndKey "/etc/ssl/cert.pem" "/etc/ssl/key.pem"`},
		{"CertFileAndKey /a,b /c", `CertFileAndKey: a comma cannot be part of "/a,b"; ` +
			`write CertFileAndKey "/etc/ssl/cert.pem" "/etc/ssl/key.pem"`},
		{"PIDFile /a\x1bb", `PIDFile: a control character in the value; was the file saved as plain text?`},
		{"Daemonize yes\rIPV4Only yes", `Daemonize: a control character in the value; ` +
			`was the file saved as plain text?`},
	} {
		o, err := fileOptions("\n" + test.line)
		if want := "/a.conf:2: " + test.want; o != nil || err == nil || err.Error() != want {
			t.Errorf("%q: %v, %v; want %s", test.line, o, err, want)
		}
	}
}

func TestMissingFeaturesInFile(t *testing.T) {
	env := fakeEnv(map[string]string{"/a.conf": "\nBonjour a\n"})
	_, err := Parse(argv("/a.conf"), env)
	want := "/a.conf:2: Bonjour: Bonjour is not available in this version; leave it out"
	if err == nil || err.Error() != want {
		t.Errorf("Parse: %v; want %s", err, want)
	}
}

func TestRepeatedLines(t *testing.T) {
	o, err := fileOptions("PureDB /a\nUnixAuthentication yes\nVerboseLog yes\nVerboseLog no\nMaxIdleTime 5\n" +
		"MaxIdleTime 6\nBind 192.0.2.1,1\nBind 192.0.2.2,2\nChrootEveryone yes\nChrootEveryone no\n")
	if err != nil {
		t.Fatal(err)
	}
	for long, want := range map[string]string{
		"login": "puredb:/a, unix", "verboselog": "commands", "maxidletime": "6 minutes",
		"bind": "192.0.2.1, 2", "chrooteveryone": "yes",
	} {
		if got := shown(t, o, long); got != want {
			t.Errorf("%s = %s; want %s", long, got, want)
		}
	}
	want := "/a.conf:6: MaxIdleTime: takes the place of what line 5 said"
	if len(o.Warnings) != 1 || o.Warnings[0] != want {
		t.Errorf("warnings = %q; want %q", o.Warnings, want)
	}
}

func TestInclude(t *testing.T) {
	env := fakeEnv(map[string]string{
		"/a.conf":   "PureDB /1\nInclude \"/b.conf\" # more\ninclude = /nosuch.conf\nPureDB /3\n",
		"/b.conf":   "PureDB /2\nMaxIdleTime 7\n",
		"/bad.conf": "Include /worse.conf\nMaxLoad x\n", "/worse.conf": "# fine\nBanana yes\n",
		"/dir.conf": "Include /dir\n", "/dir/file": "",
	})
	o, err := Parse(argv("/a.conf"), env)
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(t, o, "login"); got != "puredb:/1, puredb:/2, puredb:/3" {
		t.Errorf("login = %s; want the order of the lines", got)
	}
	if got := originText(o.Origins("maxidletime")); got != "/b.conf:2" {
		t.Errorf("origin = %s; want /b.conf:2", got)
	}
	_, err = Parse(argv("/bad.conf"), env)
	want := "/worse.conf:2: Banana: unknown directive; leave it out\n" +
		"/bad.conf:2: MaxLoad: \"x\" is not a number; write MaxLoad 4"
	if err == nil || err.Error() != want {
		t.Errorf("Parse(bad.conf): %v; want %s", err, want)
	}
	if _, err = Parse(argv("/dir.conf"), env); err == nil || !strings.HasPrefix(err.Error(),
		"/dir.conf:1: Include: /dir cannot be read: ") {
		t.Errorf("Parse(dir.conf): %v; want that a directory cannot be read", err)
	}
}

func TestIncludeDepth(t *testing.T) {
	for _, test := range []struct {
		files int
		fail  bool
	}{{16, false}, {17, true}} {
		files := map[string]string{}
		for n := 1; n < test.files; n++ {
			files[fmt.Sprintf("/%d", n)] = fmt.Sprintf("Include /%d\n", n+1)
		}
		files[fmt.Sprintf("/%d", test.files)] = "MaxClientsNumber 7\n"
		_, err := Parse(argv("/1"), fakeEnv(files))
		if fail := err != nil; fail != test.fail {
			t.Errorf("%d files: %v; want failure %t", test.files, err, test.fail)
		}
	}
}

func TestIncludeItself(t *testing.T) {
	_, err := fileOptions("Include /a.conf\nInclude /a.conf\nBanana\n")
	if got := mistakesOf(t, err); len(got) != 1 || got[0].Hint != "does it include itself?" {
		t.Errorf("Parse: %v; want one mistake", err)
	}
	files := map[string]string{"/11": ""}
	for n := 1; n < 11; n++ { // without a loop, but twice as many files at each step
		files[fmt.Sprintf("/%d", n)] = strings.Repeat(fmt.Sprintf("Include /%d\n", n+1), 3)
	}
	_, err = Parse(argv("/1"), fakeEnv(files))
	if got := mistakesOf(t, err); len(got) != 1 {
		t.Errorf("Parse: %v; want one mistake", err)
	}
}

func TestLongFiles(t *testing.T) {
	_, err := fileOptions("PIDFile /" + strings.Repeat("a", maxLine))
	if err == nil || !strings.Contains(err.Error(), "longer than 65535 bytes") {
		t.Errorf("Parse: %v; want that the line is too long", err)
	}
	if _, err = fileOptions("PIDFile /" + strings.Repeat("a", maxLine-9)); err != nil {
		t.Errorf("Parse: %v", err)
	}
	_, err = fileOptions(strings.Repeat("Banana\n", 1000))
	if got := mistakesOf(t, err); len(got) != maxMistakes+1 {
		t.Errorf("%d mistakes; want %d", len(got), maxMistakes+1)
	}
}
