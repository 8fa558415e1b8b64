package options

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// tomlOptions reads text as /a.toml with every feature landed.
func tomlOptions(text string) (*Options, error) {
	return parse(landed(), argv("/a.toml"), fakeEnv(map[string]string{"/a.toml": text}))
}

// A document and the switches it stands for.
func TestTOML(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"\ufeff# nothing\n", ""},
		{"ChrootEveryone = true", "-A"},
		{"chrooteveryone=true # comment", "-A"},
		{`"ChrootEveryone" = true`, "-A"},
		{`'ChrootEveryone' = "Yes"`, "-A"},
		{"ChrootEveryone = 1", "-A"},
		{"ChrootEveryone = false", ""},
		{`ChrootEveryone = "off"`, ""},
		{"ChrootEveryone = true\r\nLogPID = true\r\n", "-A|-1"},
		{"MaxClientsNumber = 5", "-c|5"},
		{"MaxClientsNumber = +1_000", "-c|1000"},
		{`MaxClientsNumber = "010"`, "-c|010"},
		{"StatusPage = 8021", "--statuspage|8021"},
		{"AnonymousBandwidth = 8", "-t|8"},
		{`AnonymousBandwidth = "8 9"`, "-t|8:9"},
		{"MaxLoad = 4", "-m|4"},
		{`MaxLoad = "4.5"`, "-m|4.5"},
		{`PassivePortRange = "30000 - 50000"`, "-p|30000:50000"},
		{`PIDFile = "/run/a # 1.pid"`, "-g|/run/a # 1.pid"},
		{`PIDFile = '"/run/a"'`, `-g|"/run/a"`},
		{`PIDFile = '"/run/a" # b'`, `-g|"/run/a" # b`},
		{`PIDFile = " /run/a "`, "-g| /run/a "},
		{`PIDFile = "= /run/a"`, "-g|= /run/a"},
		{`PIDFile = "#"`, "-g|#"},
		{`PIDFile = "$HOME ${HOME} %h \\n"`, `-g|$HOME ${HOME} %h \n`},
		{`PIDFile = '$HOME\n'`, `-g|$HOME\n`},
		{`PIDFile = "/\u00e4\U0001F600\t"`, "-g|/\u00e4\U0001F600\t"},
		{"PIDFile = \"\"\"\n/run/\\\n  a\"\"\"", "-g|/run/a"},
		{`CertFileAndKey = '"/a b" /c'`, "-2|/a b,/c"},
		{"PureDB = '/1'\nUnixAuthentication = true\nMySQLConfigFile = '/3'", "-l|puredb:/1|-l|unix|-l|mysql:/3"},
		{"MySQLConfigFile = '/3'\nPureDB = ['/2', \"/1\"]", "-l|mysql:/3|-l|puredb:/2|-l|puredb:/1"},
		{"VerboseLog = [true, false, true]", "-d|-d"},
		{"PureDB = [ # two\n'/1', # one\n'/2',\n]\nLogPID = true", "-l|puredb:/1|-l|puredb:/2|-1"},
	} {
		o, err := tomlOptions(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := strings.Join(o.Switches(), "|"); got != test.want {
			t.Errorf("%s: %s; want %s", test.text, got, test.want)
		}
	}
}

func TestTOMLMistakes(t *testing.T) {
	const pidFile = `; write PIDFile = "/var/run/pure-ftpd.pid"`
	for _, test := range []struct{ text, want string }{
		{"ChrootEveryon = true", "2: ChrootEveryon: unknown directive; did you mean ChrootEveryone?"},
		{"FSCharset = 'x'", "2: FSCharset: unknown directive; leave it out: file names are always UTF-8"},
		{"Chroot-Everyone = true", "2: Chroot-Everyone: unknown directive; did you mean ChrootEveryone?"},
		{`"\u001b[2J" = 1`, `2: "\x1b[2J": unknown directive; leave it out`},
		{`"" = 1`, `2: "": unknown directive; leave it out`},
		{"ChrootEveryone = 'maybe'", `2: ChrootEveryone: "maybe" is neither yes nor no; write ChrootEveryone = true`},
		{"ChrootEveryone = 2", `2: ChrootEveryone: "2" is neither yes nor no; write ChrootEveryone = true`},
		{"maxclientsnumber = 'x'", `2: MaxClientsNumber: "x" is not a whole number; write MaxClientsNumber = 50`},
		{"MaxClientsNumber = -1", `2: MaxClientsNumber: "-1" is not a whole number; write MaxClientsNumber = 50`},
		{"MaxClientsNumber = 0", `2: MaxClientsNumber: "0" is not at least 1; write MaxClientsNumber = 50`},
		{"MaxClientsNumber = 0x10", `2: MaxClientsNumber: "0x10" is not in decimal; write MaxClientsNumber = 50`},
		{"MinUID = 0o17", `2: MinUID: "0o17" is not in decimal; write MinUID = 1000`},
		{"MinUID = 9223372036854775808", `2: MinUID: "9223372036854775808" is out of range; write MinUID = 1000`},
		{"MinUID = true", "2: MinUID: true is for directives that take yes or no; write MinUID = 1000"},
		{"MaxLoad = 4.5", `2: MaxLoad: "4.5" is no whole number; put it in quotes`},
		{"MaxLoad = inf", `2: MaxLoad: "inf" is no whole number; put it in quotes`},
		{"PIDFile = true", "2: PIDFile: true is for directives that take yes or no" + pidFile},
		{"PIDFile = 1979-05-27", "2: PIDFile: a date or time is no value" + pidFile},
		{"PIDFile = 07:32:00", "2: PIDFile: a date or time is no value" + pidFile},
		{"PIDFile = {a = 1}", "2: PIDFile: a table is no value" + pidFile},
		{"PIDFile = [['/a']]", "2: PIDFile: an array in an array" + pidFile},
		{"PIDFile = []", "2: PIDFile: an array without a value; leave the line out"},
		{"PIDFile = ''", "2: PIDFile: the value is missing" + pidFile},
		{`PIDFile = "/a\u0000"`, "2: PIDFile: a control character in the value" + pidFile},
		{"PIDFile = '''/a\n'''", "2: PIDFile: a control character in the value" + pidFile},
		{"CertFileAndKey = '/a'", `2: CertFileAndKey: "/a" is not two paths; write CertFileAndKey = '"/etc/ssl/cert.pem" "/etc/ssl/key.pem"'`},
		{"Bind = 5\n\nbind = 6", "4: bind: line 2 gives it already; write one array: Bind = [VALUE, VALUE]"},
		{"Include = '/x'\nINCLUDE = '/y'", "3: INCLUDE: line 2 gives it already; write one array: Include = [VALUE, VALUE]"},
		{"Include = ''", `2: Include: the value is missing; write Include = "FILE"`},
		{"Include = true", `2: Include: the value is not the name of a file; write Include = "FILE"`},
		{`Include = "\n"`, `2: Include: the value is not the name of a file; write Include = "FILE"`},
		{"[limits]", "2: limits: directives stand in no table; leave the line out"},
		{"[[limits]]", "2: limits: directives stand in no table; leave the line out"},
		{"Log.PID = true", "2: Log: directives have no dots in their names; write NAME = VALUE"},
		{"PureDB = [\n'/a',\n\n7, true,\n]", `5: PureDB: true is for directives that take yes or no; write PureDB = "/etc/pureftpd.pdb"`},

		{"Daemonize yes", "2: not TOML: expected '=' after key; write NAME = VALUE, text in quotes"},
		{"Daemonize = yes", "2: not TOML: unexpected character U+0079 'y' at start of value; write NAME = VALUE, text in quotes"},
		{"PIDFile = '/a' '/b'", "2: not TOML: expected newline but got U+0027 '''; write NAME = VALUE, text in quotes"},
		{"PureDB = [\n'/a',\n", "3: not TOML: array is incomplete; write NAME = VALUE, text in quotes"},
		{"PIDFile = '/a", "2: not TOML: unterminated literal string; write NAME = VALUE, text in quotes"},
		{"PIDFile = '/a\xff'", "2: not TOML: invalid UTF-8 character in literal string; write NAME = VALUE, text in quotes"},
		{"# \x00", "2: not TOML: control characters are not allowed in comments; write NAME = VALUE, text in quotes"},
		{`PIDFile = "\q"`, "2: not TOML: invalid escape character U+0071 'q'; write NAME = VALUE, text in quotes"},
		{"MaxClientsNumber = 010", "2: not TOML: integers cannot have leading zeroes; write NAME = VALUE, text in quotes"},
	} {
		o, err := tomlOptions("\n" + test.text)
		if want := "/a.toml:" + test.want; o != nil || err == nil || err.Error() != want {
			t.Errorf("%q: %v, %v; want %s", test.text, o, err, want)
		}
	}
}

// All mistakes are told at once, up to one in the form of the file.
func TestTOMLMistakesAtOnce(t *testing.T) {
	_, err := tomlOptions("Banana = 1\nPureDB = [\n  '/a',\n  1.5,\n  [2],\n  {},\n]\n[a]\nTLS = 9\nDaemonize yes\nBanana = 2\n")
	var got []string
	for _, mistake := range mistakesOf(t, err) {
		got = append(got, fmt.Sprintf("%d %s", mistake.Line, mistake.Text))
	}
	want := []string{
		"1 unknown directive", `4 "1.5" is no whole number`, "4 an array in an array", "6 a table is no value",
		"8 directives stand in no table", `9 "9" is not a level from 0 to 3`, "10 not TOML: expected '=' after key",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mistakes %q; want %q", got, want)
	}
}

// Files include each other whatever their form; the name of each says which it has.
func TestTOMLInclude(t *testing.T) {
	env := fakeEnv(map[string]string{
		"/a.conf": "PureDB /1\nInclude /b.toml\nPureDB /5\n",
		"/b.toml": "PureDB = '/2'\nInclude = [\n  '/c.conf',\n  '/nosuch.toml',\n  '/d.toml',\n]\n",
		"/c.conf": "PureDB \"/3\" # c\nMaxIdleTime 7\n",
		"/d.toml": "PureDB = '/4'\n",
		"/e.toml": "Include = '/f.toml'\nTLS = 9\n", "/f.toml": "\nTLS = 8\nTLS",
	})
	o, err := Parse(argv("/a.conf"), env)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shown(t, o, "login"), "puredb:/1, puredb:/2, puredb:/3, puredb:/4, puredb:/5"; got != want {
		t.Errorf("login = %s; want %s", got, want)
	}
	if got, want := originText(o.Origins("login")), "/a.conf:1, /b.toml:1, /c.conf:1, /d.toml:1, /a.conf:3"; got != want {
		t.Errorf("origins = %s; want %s", got, want)
	}
	_, err = Parse(argv("/e.toml"), env)
	var got []string
	for _, mistake := range mistakesOf(t, err) {
		got = append(got, fmt.Sprintf("%s:%d", mistake.File, mistake.Line))
	}
	if want := []string{"/f.toml:2", "/f.toml:3", "/e.toml:2"}; !slices.Equal(got, want) {
		t.Errorf("mistakes in %q; want %q", got, want)
	}
}

func TestTOMLOrigins(t *testing.T) {
	o, err := tomlOptions("# first\nMaxIdleTime = [\n  5,\n  6,\n]\nPureDB = [ '/1',\n'/2']\n")
	if err != nil {
		t.Fatal(err)
	}
	for long, want := range map[string]string{"maxidletime": "/a.toml:4", "login": "/a.toml:6, /a.toml:7"} {
		if got := originText(o.Origins(long)); got != want {
			t.Errorf("origin of %s = %s; want %s", long, got, want)
		}
	}
	if want := "/a.toml:4: MaxIdleTime: takes the place of what line 3 said"; len(o.Warnings) != 1 || o.Warnings[0] != want {
		t.Errorf("warnings = %q; want %q", o.Warnings, want)
	}
}

func TestTOMLBounds(t *testing.T) {
	for _, text := range []string{
		"Include = ['/a.toml', '/a.toml']\nBanana = 1\n", // once, and nothing more is read
		"PIDFile = '/" + strings.Repeat("a", maxLine-12) + "'\nBanana = 1\n",
	} {
		_, err := tomlOptions(text)
		if got := mistakesOf(t, err); len(got) != 1 || got[0].Line != 1 || got[0].Hint == "" {
			t.Errorf("%.40q: %v; want one mistake, with a hint", text, err)
		}
	}
	longest := "/" + strings.Repeat("a", maxLine-13)
	o, err := tomlOptions("PIDFile = '" + longest + "'\n")
	if err != nil || o.PIDFile != longest {
		t.Fatalf("a line of %d bytes: %v", maxLine, err)
	}
	checkTOML(t, o)
	o, err = Parse([]string{"pure-ftpd", "-g", longest + "a"}, fakeEnv(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.TOMLFile(); err == nil || !strings.HasSuffix(err.Error(), "no TOML file says this") {
		t.Errorf("a line of %d bytes is written: %v", maxLine+1, err)
	}
	_, err = tomlOptions(strings.Repeat("Banana = 1\n", 1000))
	if got := mistakesOf(t, err); len(got) != maxMistakes+1 {
		t.Errorf("%d mistakes; want %d", len(got), maxMistakes+1)
	}
	if _, err := tomlOptions("PIDFile = " + strings.Repeat("[", maxLine-20)); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("a tower of arrays: %v", err)
	}
}

func TestTOMLFile(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"-ddAl", "PureDB:/a # b", "-lunix", "-t", "5:", "-T", "8", "-m", "4.5", "-c", "010", "--statuspage", "8021"},
			"VerboseLog = [\n  true,\n  true,\n]\nChrootEveryone = true\nPureDB = \"/a # b\"\nUnixAuthentication = true\n" +
				"AnonymousBandwidth = \"5:\"\nUserBandwidth = 8\nMaxLoad = \"4.5\"\nMaxClientsNumber = \"010\"\nStatusPage = \"8021\"\n"},
		{[]string{"-g", `/a"\b`, "-F", `/'"\`, "-3", "/\t'", "-2", "/c d,/k"},
			"PIDFile = '/a\"\\b'\nFortunesFile = \"/'\\\"\\\\\"\nExtCert = \"/\\t'\"\nCertFile = \"/c d,/k\"\n"},
		{[]string{"-l", "puredb:/1", "-l", "puredb:/2", "-l", "unix", "-H", "-c", "5", "-H", "-x", "-X", "-x"},
			"PureDB = [\n  \"/1\",\n  \"/2\",\n]\nUnixAuthentication = true\nDontResolve = [\n  true,\n  true,\n]\nMaxClientsNumber = 5\n" +
				"ProhibitDotFilesWrite = [\n  true,\n  true,\n]\nProhibitDotFilesRead = true\n"},
	} {
		o, err := Parse(append([]string{"pure-ftpd"}, test.args...), fakeEnv(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.TOMLFile(); err != nil || got != test.want {
			t.Errorf("%q:\n%s%v; want\n%s", test.args, got, err, test.want)
		}
		checkTOML(t, o)
	}
}

// What cannot be said is told, all of it.
func TestNoTOMLFile(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"-O /a -I -1 -c 3 -g /\xff", "-I -1: no TOML file says this\n-g /\xff: no TOML file says this"},
		{"-l puredb:/1 -l mysql:/2 -l puredb:/3", "PureDB: given before and after MySQLConfigFile, an order that no TOML file keeps, as it names each once"},
		{"-A -a 5 -A", "ChrootEveryone: given before and after TrustedGID, an order that no TOML file keeps, as it names each once"},
		{"-q 1:2 -Q 1:3 -q 1:4", "AnonymousRatio: given before and after UserRatio, an order that no TOML file keeps, as it names each once"},
		{"-Q 1:2 -q 1:3 -Q 1:4", "UserRatio: given before and after AnonymousRatio, an order that no TOML file keeps, as it names each once"},
	} {
		o, err := Parse(argv(test.line), fakeEnv(nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.TOMLFile(); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v; want %s", test.line, err, test.want)
		}
	}
}

// checkTOML writes options down in TOML, which must mean the same and lose no switch.
func checkTOML(t interface{ Errorf(string, ...any) }, o *Options) {
	text, err := o.TOMLFile()
	if err != nil {
		for why := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.Contains(why, "an order that no TOML file keeps") && utf8.ValidString(why) {
				t.Errorf("%q: %s", o.Switches(), why)
			}
		}
		return
	}
	again, err := tomlOptions(text)
	if err != nil || !sameMeaning(o, again) {
		t.Errorf("%q: %+v\nas\n%s%+v, %v", o.Switches(), o, text, again, err)
		return
	}
	if got, want := words(again), words(o); !slices.Equal(got, want) {
		t.Errorf("%q as\n%sis %q", want, text, got)
	}
	if last, err := again.TOMLFile(); err != nil || last != text {
		t.Errorf("\n%sbecame\n%s%v", text, last, err)
	}
}

// words are the switches and their values in no order: TOML gathers those of one directive.
func words(o *Options) []string {
	list := strings.Split(strings.ToLower(strings.Join(o.Switches(), "\n")), "\n") // -l PureDB: is -l puredb:
	slices.Sort(list)
	return list
}

// FuzzTOML checks that a document is either refused with mistakes that name their place, or means the same as the switches it says
// it stands for, and as the documents written from it.
func FuzzTOML(f *testing.F) {
	for _, seed := range []string{
		"ChrootEveryone = true\nUmask = '133:022'\n", "Bind = [\"::1,21\"] # x\nInclude = \"/a.toml\"", "PureDB = [\n\"/a \\u00e4\", '/b',\n]\r\n#",
		"MaxDiskUsage = \"95%\"\nMaxIdleTime = 0\nSyslogFacility = 'none'", "CertFileAndKey = '\"a b\" c'", "TLS = +1\nVerboseLog = [true, false, 1]",
		"TotalBandwidth = '5 6'\nUserBandwidth = 0\nFollowLinksTo = '/a b # x'", "[a]\nb.c = {d = [1979-05-27, 07:32:00, 1e3]}\n",
		"PIDFile = \"\"\"\n/a\\\n b\"\"\"\nAltLog = '''clf:/a'''\n\"FortunesFile\" = \":/b\"\n", "bind = 1_000\nBIND = 0x1\nTLS = [", "\ufeffLogPID = 1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := tomlOptions(text)
		if err != nil {
			for _, mistake := range mistakesOf(t, err) {
				if mistake.Text == "" || mistake.File == "" && !strings.HasPrefix(mistake.Text, "more ") {
					t.Errorf("mistake without place: %#v", mistake)
				}
				if mistake.Line > strings.Count(text, "\n")+1 || controls(mistake.Error()) {
					t.Errorf("mistake %q", mistake)
				}
			}
			return
		}
		again, err := parse(landed(), append([]string{"pure-ftpd"}, o.Switches()...), fakeEnv(nil))
		if err != nil || !same(o, again) {
			t.Errorf("%q: %+v\nas %q: %+v, %v", text, o, o.Switches(), again, err)
		}
		if _, err := o.TOMLFile(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		checkTOML(t, o)
	})
}
