package options

import (
	"errors"
	"io/fs"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// shown is a setting's effective value as the report shows it.
func shown(t *testing.T, o *Options, long string) string {
	t.Helper()
	for _, row := range settings() {
		if row.long == long {
			return row.show(o)
		}
	}
	t.Fatalf("no setting %s", long)
	return ""
}

// What the switches mean, features that have not landed included. A value ends in "!" if it came
// with a warning.
func TestSwitches(t *testing.T) {
	for _, test := range []struct{ line, long, want string }{
		{"", "maxclientsnumber", "50"},
		{"-c 10", "maxclientsnumber", "10"},
		{"-c 0x10", "maxclientsnumber", "16"},
		{"-c 010", "maxclientsnumber", "8"},
		{"-c 10 -c 20", "maxclientsnumber", "20"},
		{"-c -1", "maxclientsnumber", "no limit"},
		{"-C 8", "maxclientsperip", "8"},
		{"", "maxclientsperip", "no limit"},

		{"-a 100", "trustedgid", "100"},
		{"-a -1", "trustedgid", "4294967295"},
		{"-a 100 -A", "trustedgid", "none"},
		{"-a 100 -A", "chrooteveryone", "yes"},
		{"-A -a 100", "chrooteveryone", "no"},
		{"-e -E", "anonymousonly", "no"},
		{"-e -E", "noanonymous", "yes"},
		{"-E -e", "noanonymous", "no"},
		{"-w -W", "allowanonymousfxp", "yes"},
		{"-W -w", "allowanonymousfxp", "no"},
		{"-X", "prohibitdotfileswrite", "yes"},
		{"-x", "prohibitdotfilesread", "no"},

		{"", "verboselog", "no"},
		{"-d", "verboselog", "commands"},
		{"-ddd", "verboselog", "commands and replies"},
		{"-f LOCAL3", "syslogfacility", "local3"},
		{"-f security", "syslogfacility", "auth"},
		{"-f nosuch", "syslogfacility", "ftp!"},
		{"-f none -f local1", "syslogfacility", "none"},

		{"", "maxidletime", "15 minutes"},
		{"-I 5", "maxidletime", "5 minutes"},
		{"-I 0", "maxidletime", "15 minutes!"},
		{"-I 5 -I junk", "maxidletime", "15 minutes!"},
		{"-I -1", "maxidletime", "ten years"},
		{"-I 99999999999", "maxidletime", "ten years"},
		{"-I 5x", "maxidletime", "5 minutes!"},

		{"", "maxdiskusagepct", "no check"},
		{"-k 95", "maxdiskusagepct", "95%"},
		{"-k 95%", "maxdiskusagepct", "95%"},
		{"-k 99.5", "maxdiskusagepct", "99.5%"},
		{"-k 95x", "maxdiskusagepct", "95%!"},
		{"-k 100", "maxdiskusagepct", "no check!"},
		{"-k 0", "maxdiskusagepct", "no check!"},
		{"-m 4.5", "maxload", "4.5"},
		{"", "maxload", "no limit"},

		{"", "limitrecursion", "10000 files, 5 levels"},
		{"-L 2000:3", "limitrecursion", "2000 files, 3 levels"},
		{"-L -1:-1", "limitrecursion", "no limit files, no limit levels"},
		{"-L 2000:3x", "limitrecursion", "2000 files, 3 levels!"},
		{"-y 3:20", "peruserlimits", "3, anonymous 20"},
		{"-y 0:0", "peruserlimits", "no limit, anonymous no limit"},

		{"", "passiveportrange", "1024:65535"},
		{"-p 30000:50000", "passiveportrange", "30000:50000"},
		{"-p 30000_50000", "passiveportrange", "30000:50000"},
		{"-p 30000-50000", "passiveportrange", "30000:50000"},
		{"-p 30000:30000", "passiveportrange", "30000:30000"},
		{"-p 30000:50000x", "passiveportrange", "30000:50000!"},

		{"", "bind", "all addresses, default port"},
		{"-S 2121", "bind", "all addresses, 2121"},
		{"-S ,2121", "bind", "all addresses, 2121"},
		{"-S localhost,", "bind", "localhost, default port"},
		{"-S ::1,2121", "bind", "::1, 2121"},
		{"-S [::1],2121", "bind", "::1, 2121"},
		{"-S ftp", "bind", "all addresses, 21"},
		{"-S ,0", "bind", "all addresses, 0"},
		{"-S 192.0.2.1,1 -S 192.0.2.2,2", "bind", "192.0.2.1, 2"},
		{"-S 192.0.2.1,1 -S ,", "bind", "192.0.2.1, 1"},
		{"-S ,1 -S 192.0.2.1,", "bind", "192.0.2.1, 1"},
		{"-P 192.0.2.1 -P 192.0.2.2", "forcepassiveip", "192.0.2.1"},
		{"-P ftp.example.net", "forcepassiveip", "ftp.example.net"},
		{"-V 192.0.2.1", "trustedip", "192.0.2.1"},
		{"-V ::ffff:192.0.2.1", "trustedip", "192.0.2.1"},
		{"-V 2001:db8::1", "trustedip", "2001:db8::1"},

		{"", "umask", "133:022"},
		{"-U 177", "umask", "177:177"},
		{"-U 177:077", "umask", "177:077"},
		{"-U :077", "umask", "133:077"},
		{"-U 177:", "umask", "177:022"},
		{"-u 0100", "minuid", "100"},

		{"", "login", "unix"},
		{"-l puredb:/a -l unix", "login", "puredb:/a, unix"},
		{"-l UNIXX", "login", "unix"},
		{"-l unix:ignored", "login", "unix:ignored"},
		{"-l PureDB:/a:b", "login", "puredb:/a:b"},

		{"-t 5", "anonymousbandwidth", "up 5120 bytes/s, down 5120 bytes/s"},
		{"-t :0x10", "anonymousbandwidth", "up no limit, down 16384 bytes/s"},
		{"-t 5 -T 6:", "userbandwidth", "up 6144 bytes/s, down no limit"},
		{"-t 5 -T 6", "anonymousbandwidth", "no limit"},
		{"-q 1:10", "anonymousratio", "1:10"},
		{"-Q 1:10 -q 2:5", "userratio", "2:5"},
		{"-n 1000:10", "quota", "1000 files, 10485760 bytes"},
		{"-O /a", "altlog", "clf:/a"},
		{"-O W3C:/a -O /b", "altlog", "w3c:/a"},
		{"-O /a -O stats:/b", "altlog", "stats:/a"},
		{"-Y 2", "tls", "2 (logins)"},
		{"-2 /c,/k", "certfile", "/c,/k"},
		{"-2 /c", "certfile", "/c"},
		{"-J -S:-C:HIGH", "tlsciphersuite", "HIGH, client certificate demanded"},
	} {
		o, err := parse(landed(), argv(test.line), fakeEnv(nil))
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		got := shown(t, o, test.long)
		if len(o.Warnings) > 0 {
			got += "!"
		}
		if got != test.want {
			t.Errorf("%s: %s = %s; want %s", test.line, test.long, got, test.want)
		}
	}
}

func TestSwitchMistakes(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"-c 0", `-c: "0" is not at least 1; write -c 50`},
		{"--maxclientsn 0", `--maxclientsn: "0" is not at least 1; write --maxclientsn=50`},
		{"-c <>", `-c: "" is not a whole number; write -c 50`},
		{"-c 08", `-c: "08" begins with 0 and so is octal; write 8`},
		{"-c 5x", `-c: "5x" is not a whole number; write -c 50`},
		{"-a 5x", `-a: "5x" is not a whole number; write -a 100`},
		{"-a 99999999999", `-a: 99999999999 is larger than any uid or gid; write -a 100`},
		{"-u -1", `-u: "-1" is negative; write -u 1000`},
		{"-u 0x10", `-u: "0x10" is not a whole number; write -u 1000`},
		{"-U x", `-U: "x" is not an octal number up to 777; write -U 133:022`},
		{"-U 999", `-U: "999" is not an octal number up to 777; write -U 133:022`},
		{"-U 1000", `-U: "1000" is not an octal number up to 777; write -U 133:022`},
		{"-U :", `-U: the value is empty; write -U 133:022`},
		{"-k junk", `-k: "junk" is not a percentage; write -k 95`},
		{"-k 0x10", `-k: "0x10" is not a percentage; write -k 95`},
		{"-m 0", `-m: "0" is not a load above 0; write -m 4`},
		{"-m 4x", `-m: "4x" is not a load above 0; write -m 4`},
		{"-L 0:5", `-L: both numbers have to be at least 1, or -1 for no limit; write -L 10000:5`},
		{"-L 5", `-L: "5" is not two numbers; write -L 10000:5`},
		{"-p 50000:30000", `-p: the first port is larger than the last; write 30000:50000`},
		{"-p 80:90", `-p: ports go from 1024 to 65535, not 80:90; write -p 30000:50000`},
		{"-p 2000", `-p: "2000" is not two numbers; write -p 30000:50000`},
		{"-p -1:-1", `-p: ports go from 1024 to 65535, not -1:-1; write -p 30000:50000`},
		{"-P ::1", `-P: ::1 is not an IPv4 address, and a reply to PASV can hold no other; write -P 192.0.2.1`},
		{"-V localhost", `-V: "localhost" is not a numeric IPv4 or IPv6 address; write -V 192.0.2.1`},
		{"-S 127.0.0.1", `-S: "127.0.0.1" has no comma and so should be a port; write 127.0.0.1,21`},
		{"-S 127.0.0.1:21", `-S: "127.0.0.1:21" has no comma; write 127.0.0.1,21`},
		{"-S nosuch", `-S: "nosuch" is neither a port nor a known service; write -S 192.0.2.1,21`},
		{"-S 70000", `-S: port 70000 is larger than 65535; write -S 192.0.2.1,21`},
		{"-y 5", `-y: "5" is not two numbers; write -y 3:20`},
		{"-g <>", `-g: the value is empty; write -g /var/run/pure-ftpd.pid`},
		{"-l puredb", `-l: puredb needs a file: puredb:FILE; write -l puredb:/etc/pureftpd.pdb`},
		{"-l puredbx:/a", `-l: unknown method "puredbx:/a"; write one of unix, puredb:FILE`},
		{"-l nosuch", `-l: unknown method "nosuch"; write one of unix, puredb:FILE`},
		{"-l pam", `-l: PAM is not available in this version; leave it out`},
		{"-l LDAP:/a", `-l: LDAP is not available in this version; leave it out`},
		{"-Y 1", `-Y: TLS is not available in this version; leave it out`},
		{"-J HIGH", `-J: TLS is not available in this version; leave it out`},
		{"-t 5", `-t: a bandwidth limit is not available in this version; leave it out`},
		{"-v x", `-v: Bonjour is not available in this version; leave it out`},
		{"-8", `invalid option -- '8'; file names are always UTF-8, leave it out`},
		{"-S", `option requires an argument -- 'S'; write -S 192.0.2.1,21`},
		{"--bin", `option '--bind' requires an argument; write --bind=192.0.2.1,21`},
		{"--dontresolv --norenam2", `unrecognized option '--norenam2'; did you mean --norename?`},
		{"a.conf -B", `unexpected argument 'a.conf'; ` +
			`a configuration file stands alone; beside it, only --check is possible`},
		{"--check a.conf -B", `unexpected argument 'a.conf'; ` +
			`a configuration file stands alone; beside it, only --check is possible`},
		{"--try=", `--try: the value is empty; write --try=DIR`},
		{"-J -x", `-J: TLS is not available in this version; leave it out`},
	} {
		o, err := Parse(argv(test.line), fakeEnv(map[string]string{"/a.conf": "Daemonize yes"}))
		if o != nil || err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, %v; want %s", test.line, o, err, test.want)
		}
	}
}

func TestMistakesOfFeaturesToLand(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"-t 0", `-t: "0" is not a number of kilobytes per second above 0; write -t 50:100`},
		{"-t :", `-t: the value is empty; write -t 50:100`},
		{"-t x", `-t: "x" is not a whole number; write -t 50:100`},
		{"-q 0:1", `-q: both numbers of a ratio have to be at least 1; write -q 1:10`},
		{"-n -1:5", `-n: "-1:5" is not a quota; write -n 1000:10`},
		{"-O stats:a", `-O: "a" is not an absolute path; write -O clf:/var/log/pureftpd.log`},
		{"-O foo:/a", `-O: unknown format "foo"; write one of clf, stats, w3c, xferlog`},
		{"-Y 4", `-Y: "4" is not a level from 0 to 3; write -Y 1`},
		{"-Y x", `-Y: "x" is not a level from 0 to 3; write -Y 1`},
		{"-2 ,k", `-2: the name of the certificate or key is empty; write -2 /etc/ssl/private/pure-ftpd.pem`},
		{"-J -x", `-J: a cipher list does not begin with a dash, unless with -C: or -S:; write -J HIGH`},
	} {
		if _, err := parse(landed(), argv(test.line), fakeEnv(nil)); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v; want %s", test.line, err, test.want)
		}
	}
}

// What asks for nothing is accepted although the feature is not there.
func TestHarmlessValueOfMissingFeature(t *testing.T) {
	env := fakeEnv(map[string]string{"/a.conf": "TLS 0\nCallUploadScript no\nPAMAuthentication off\n"})
	for _, line := range []string{"-Y 0", "--tls=0", "/a.conf"} {
		if _, err := Parse(argv(line), env); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := Parse(argv("-c 0 -8 -p 5 word -S"), fakeEnv(nil))
	var got []string
	for _, mistake := range mistakesOf(t, err) {
		got = append(got, mistake.Setting+"/"+mistake.Text)
	}
	want := []string{
		`-c/"0" is not at least 1`, `/invalid option -- '8'`, `-p/"5" is not two numbers`,
		`/option requires an argument -- 'S'`, `/unexpected argument 'word'`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("mistakes = %q; want %q", got, want)
	}
}

func TestActions(t *testing.T) {
	for _, test := range []struct {
		line string
		want Action
		fail bool
	}{
		{"-B", Serve, false},
		{"-h", ShowHelp, false},
		{"-B --help -8", ShowHelp, false},
		{"word -h", ShowHelp, false},
		{"-8 -h", Serve, true},
		{"--version --nosuch", ShowVersion, false},
	} {
		o, err := Parse(argv(test.line), fakeEnv(nil))
		if test.fail != (err != nil) || !test.fail && o.Action != test.want {
			t.Errorf("Parse(%s) = %+v, %v; want action %d, failure %t", test.line, o, err, test.want, test.fail)
		}
	}
}

func TestTryAndCheck(t *testing.T) {
	env := fakeEnv(map[string]string{"/a.conf": "MaxClientsNumber 7"})
	for _, test := range []struct {
		line, dir string
		try       bool
		check     bool
		clients   int
	}{
		{"--try", "", true, false, 50},
		{"--try /srv", "/srv", true, false, 50},
		{"--try=/srv", "/srv", true, false, 50},
		{"-c 3 --try -S 2121 /srv", "/srv", true, false, 3},
		{"--check --try /srv", "/srv", true, true, 50},
		{"--check -c 3", "", false, true, 3},
		{"--check /a.conf", "", false, true, 7},
		{"/a.conf --check", "", false, true, 7},
		{"/a.conf", "", false, false, 7},
	} {
		o, err := Parse(argv(test.line), env)
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		if o.Try != test.try || o.TryDir != test.dir || o.Check != test.check || o.MaxClients != test.clients {
			t.Errorf("%s: try %t %q, check %t, clients %d; want %+v",
				test.line, o.Try, o.TryDir, o.Check, o.MaxClients, test)
		}
	}
}

func TestVirtualChroot(t *testing.T) {
	env := fakeEnv(map[string]string{"/a.conf": "VirtualChroot yes"})
	for _, test := range []struct {
		argv []string
		want bool
	}{
		{[]string{"/usr/sbin/pure-ftpd-virtualchroot"}, true},
		{[]string{"/usr/sbin/pure-ftpd", "--virtualchroot"}, true},
		{[]string{"/usr/sbin/pure-ftpd", "/a.conf"}, true},
		{[]string{"/usr/lib/x-virtualchroot/pure-ftpd"}, false},
		{nil, false},
	} {
		o, err := Parse(test.argv, env)
		if err != nil || o.VirtualChroot != test.want {
			t.Errorf("Parse(%q): %v, %v; want %t", test.argv, o, err, test.want)
		}
	}
}

func TestFields(t *testing.T) {
	o, err := Parse(argv("-I 5 -V 192.0.2.1 -p 2000:3000 -U 177:077 -l puredb:/a -l unix -Ejz -y 3:20"), fakeEnv(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.MaxIdle = 5 * time.Minute
	want.TrustedIP = netip.MustParseAddr("192.0.2.1")
	want.Passive = PortRange{First: 2000, Last: 3000}
	want.FileUmask, want.DirUmask = 0o177, 0o077
	want.Auth = []AuthMethod{{Method: "puredb", Arg: "/a"}, {Method: "unix"}}
	want.Anonymous = AnonymousNever
	want.CreateHome, want.AnonymousDotFiles = true, true
	want.MaxPerUser, want.MaxAnonymous = 3, 20
	want.origins, want.switches = o.origins, o.switches
	if !reflect.DeepEqual(o, want) {
		t.Errorf("Parse = %+v; want %+v", o, want)
	}
}

func TestOrigins(t *testing.T) {
	for _, test := range []struct{ line, long, want string }{
		{"", "maxclientsnumber", "default"},
		{"-Bc 5", "maxclientsnumber", "argument 1 (-c)"},
		{"-c 5 --maxclientsn 6", "maxclientsnumber", "argument 3 (--maxclientsn)"},
		{"-P a -P b", "forcepassiveip", "argument 1 (-P)"},
		{"-H -H", "dontresolve", "argument 1 (-H)"},
		{"-l unix -l puredb:/a", "login", "argument 1 (-l), argument 3 (-l)"},
		{"-A -a 5", "chrooteveryone", "argument 2 (-a)"},
		{"-X", "prohibitdotfileswrite", "argument 1 (-X)"},
		{"-f none -f ftp", "syslogfacility", "argument 1 (-f)"},
	} {
		o, err := Parse(argv(test.line), fakeEnv(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := originText(o.Origins(test.long)); got != test.want {
			t.Errorf("%s: origin of %s = %s; want %s", test.line, test.long, got, test.want)
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	for _, name := range []string{"/nosuch.conf", ""} {
		_, err := Parse([]string{"pure-ftpd", name}, fakeEnv(nil))
		if err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("Parse(%q): %v; want that it cannot be read", name, err)
		}
	}
	_, err := Parse(argv("/nosuch.conf"), fakeEnv(nil))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Parse: %v; want the system's error inside", err)
	}
}

func TestNothingToListenOn(t *testing.T) {
	o, err := Parse(argv("-46"), fakeEnv(nil))
	if err != nil || len(o.Warnings) != 1 {
		t.Errorf("Parse(-46): %v, %v; want one warning", o, err)
	}
}
