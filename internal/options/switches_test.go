package options

import (
	"errors"
	"io/fs"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/getopt"
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

		{"", "banafter", "30 failures"},
		{"--banafter 5 --banafter 0", "banafter", "never"},
		{"", "banwithin", "600 seconds"},
		{"--bantime 3600", "bantime", "3600 seconds"},
		{"", "banexempt", "127.0.0.0/8, ::1/128"},
		{"--banexempt 192.0.2.7 --banexempt fd00::/8", "banexempt", "127.0.0.0/8, ::1/128, 192.0.2.7/32, fd00::/8"},
		{"--banexempt 192.0.2.7 --banexempt None --banexempt 10.0.0.0/8", "banexempt", "10.0.0.0/8"},
		{"--banexempt none", "banexempt", "none"},
		{"", "authfailures", "no limit"},
		{"--authfailures 20", "authfailures", "20"},

		{"", "tlsbinding", "off"},
		{"--tlsbinding warn --tlsbinding REQUIRE", "tlsbinding", "require!"},
		{"-Y 1 --tlsbinding require", "tlsbinding", "require"},
		{"-Y 1", "implicittlslisten", "nowhere"},
		{"-Y 1 --implicittlslisten 990", "implicittlslisten", "all addresses, 990"},
		{"-Y 1 --implicittlslisten ::1,990 --implicittlslisten [::2],ftp", "implicittlslisten", "::2, 21"},
		{"-Y 2", "cleartextfrom", "nowhere"},
		{"-Y 2 --cleartextfrom 10.0.0.0/8 --cleartextfrom fd00::/8", "cleartextfrom", "10.0.0.0/8, fd00::/8"},
		{"-Y 3 --cleartextfrom 10.0.0.1", "cleartextfrom", "10.0.0.1/32"},
		{"-Y 1 --cleartextfrom 10.0.0.1", "cleartextfrom", "10.0.0.1/32!"},
		{"-Y 1 --tlsclientcert request", "tlsclientcert", "request"},
		{"-Y 1 -J -C:HIGH --tlsclientcert request", "tlsclientcert", "require"},
		{"-Y 1 -J -S:-C:-S:-C:HIGH", "tlsciphersuite", "HIGH, client certificate demanded"},
		{"-Y 1 --tlsclientca /ca", "tlsclientca", "/ca!"},
		{"-Y 1 --tlsclientca /ca --tlsclientlogin -J -C:", "tlsclientlogin", "yes"},
		{"-Y 1 --certdir /c --tlsselfsigned", "certdir", "/c"},

		{"", "acme", "none"},
		{"-Y 1 --acme FTP.example.com --acme b.example --acmeagree --acme ftp.example.com", "acme", "ftp.example.com, b.example"},
		{"--acme a.example --acmeagree", "acme", "a.example!"},
		{"", "acmestorage", "/var/lib/pure-ftpd/acme"},
		{"-Y 1 --acme a --acmeagree --acmes /s", "acmestorage", "/s"},
		{"-Y 1 --acme a --acmeagree --acmee a@b", "acmeemail", "a@b"},
		{"-Y 1 --acmee a@b", "acmeemail", "a@b!"},
		{"-Y 1 --acme a --acmeagree --acmed https://ca/dir", "acmedirectory", "https://ca/dir"},
		{"", "acmechallenge", "http"},
		{"-Y 1 --acme a --acmeagree --acmec tls-alpn", "acmechallenge", "tls-alpn"},
		{"-Y 1 --acme a --acmeagree --acmec http:8080", "acmechallenge", "http:8080"},
		{"-Y 1 --acme a --acmeagree --acmec http:[::1],8080", "acmechallenge", "http:::1,8080"},
		{"-Y 1 --acme a --acmeagree --acmec webroot:/w,1 --acmec http", "acmechallenge", "http"},
		{"-Y 1 --acme a --acmeagree --acmec webroot:/w,1:2", "acmechallenge", "webroot:/w,1:2"},

		{"", "login", "unix"},
		{"-l puredb:/a -l unix", "login", "puredb:/a, unix"},
		{"-l UNIXX", "login", "unix"},
		{"-l pam", "login", "pam"},
		{"-l unix:ignored", "login", "unix:ignored"},
		{"-l PureDB:/a:b", "login", "puredb:/a:b"},
		{"-l PurePW:/a -l puredb:/b", "login", "purepw:/a, puredb:/b"},
		{"", "despasswords", "no"},
		{"--despass", "despasswords", "yes"},
		{"", "followlinksto", "none"},
		{"--followlinksto /srv/a --follow=/b", "followlinksto", "/srv/a, /b"},
		{"", "keepothersfiles", "no"},
		{"--keepothers", "keepothersfiles", "yes"},
		{"--keep", "keepallfiles", "yes"},
		{"", "dotfileexception", "none"},
		{"--dotfileexception .bashrc --dotfile=joe:.ssh --dotfile=.[a-c]*:.x", "dotfileexception", ".bashrc, joe:.ssh, .[a-c]*:.x"},
		{"--dotfile=a:b:.c:.d", "dotfileexception", "a:b:.c:.d"},

		{"", "logto", "syslog, else stderr"},
		{"--logto syslog --logt=JSON:stderr --logto /a:b --logto text:/c", "logto", "syslog, json:stderr, text:/a:b, text:/c"},
		{"--logto /a --logto json:/a", "logto", "json:/a"},
		{"", "takeover", "no"},
		{"--takeover", "takeover", "yes"},
		{"", "nocontrol", "no"},
		{"--nocontrol", "nocontrol", "yes"},
		{"", "controldir", "the usual one"},
		{"--controldir /a --controld=/b", "controldir", "/b"},
		{"", "controlviewers", "none"},
		{"--controlviewers staff --controlv=0", "controlviewers", "staff, 0"},
		{"--controlo ops", "controloperators", "ops"},
		{"--controla adm", "controladmins", "adm"},

		{"-t 5", "anonymousbandwidth", "up 5120 bytes/s, down 5120 bytes/s"},
		{"-t :0x10", "anonymousbandwidth", "up no limit, down 16384 bytes/s"},
		{"-t 5 -T 6:", "userbandwidth", "up 6144 bytes/s, down no limit!"},
		{"-t 5 -T 6", "anonymousbandwidth", "no limit!"},
		{"-t 0", "anonymousbandwidth", "no limit, in the background"},
		{"-T 0:0", "userbandwidth", "no limit, in the background"},
		{"-T 0:", "userbandwidth", "no limit, in the background"},
		{"-T 0:5", "userbandwidth", "up no limit, down 5120 bytes/s"},
		{"-t 0 -t 5", "anonymousbandwidth", "up 5120 bytes/s, down 5120 bytes/s"},
		{"", "totalbandwidth", "no limit"},
		{"--totalbandwidth 5000:0", "totalbandwidth", "up 5120000 bytes/s, down no limit"},
		{"--total 5 --total 0", "totalbandwidth", "no limit"},
		{"--usertotal 5", "usertotalbandwidth", "up 5120 bytes/s, down 5120 bytes/s"},
		{"--anonymoustotal :5", "anonymoustotalbandwidth", "up no limit, down 5120 bytes/s"},
		{"-q 1:10", "anonymousratio", "1:10"},
		{"-Q 1:10 -q 2:5", "userratio", "2:5!"},
		{"-n 1000:10", "quota", "1000 files, 10485760 bytes"},
		{"-O /a", "altlog", "clf:/a"},
		{"-O W3C:/a -O /b", "altlog", "w3c:/a, clf:/b"},
		{"-O /a -O stats:/b -O json:/a", "altlog", "json:/a, stats:/b"},
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

func TestShow(t *testing.T) {
	env := fakeEnv(map[string]string{"/a.conf": "MaxClientsNumber 7\nPureDB \"/a b\"\nVerboseLog yes"})
	o, err := Parse(argv("--show=switches /a.conf"), env)
	if want := "-c 7 -l 'puredb:/a b' -d\n"; err != nil || o.Show != "switches" || o.CommandLine() != want {
		t.Errorf("switches %q, %v; want %q", o.CommandLine(), err, want)
	}
	o, err = Parse([]string{"pure-ftpd", "--show", "config", "-ddAl", "PureDB:/a # b", "-lunix", "-t", "5:"}, env)
	text, failed := o.ConfigFile()
	if want := "VerboseLog yes\nVerboseLog yes\nChrootEveryone yes\nPureDB \"/a # b\"\nUnixAuthentication yes\nAnonymousBandwidth 5:\n"; err != nil || failed != nil || text != want {
		t.Errorf("file %q, %v, %v; want %q", text, err, failed, want)
	}
	o, err = Parse(argv("-O /a -I -1 -c 3 --show config"), env)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := o.ConfigFile(); err == nil || err.Error() != "-I -1: no line of a configuration file says this" {
		t.Errorf("file %q, %v", text, err)
	}
}

// Each directive there is, as a switch and back (P3): none is lost, and none changes its meaning.
func TestEveryDirectiveAndBack(t *testing.T) {
	for _, one := range directivesOf(landed()) {
		lines := one.key.name + " " + one.key.example + "\n"
		if needs := needed("--" + one.row.long); needs != "" {
			key := newBuild(landed(), fakeEnv(nil)).row(strings.SplitN(needs, "=", 2)[0]).keywords[0]
			lines += key.name + " " + key.example + "\n"
		}
		o, err := fileOptions(lines)
		if err != nil {
			t.Errorf("%s: %v", lines, err)
			continue
		}
		checkFile(t, o)
		if _, err := o.TOMLFile(); err != nil {
			t.Errorf("%s: %v", lines, err)
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
	o, err := Parse(argv("-I 5 -V 192.0.2.1 -p 2000:3000 -U 177:077 -l puredb:/a -l unix -Ejz -y 3:20"+
		" -t 5: --total 6:7 --usertotal 8 --anonymoustotal :9 -Q 1:10 -n 1000:10 --follow /srv --des"+
		" --logto syslog --logto json:/l --keepothers --dotfile .a --dotfile joe:.b --nocontrol --controldir /c --controlv 1 --controlo 2 --controla 3"), fakeEnv(nil))
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
	want.Bandwidth, want.BandwidthFor = Bandwidth{Upload: 5 << 10}, ForAnonymous
	want.TotalBandwidth = Bandwidth{Upload: 6 << 10, Download: 7 << 10}
	want.UserTotalBandwidth = Bandwidth{Upload: 8 << 10, Download: 8 << 10}
	want.AnonymousTotalBandwidth = Bandwidth{Download: 9 << 10}
	want.Ratio, want.RatioFor = Ratio{Upload: 1, Download: 10}, ForEverybody
	want.Quota = &Quota{Files: 1000, Bytes: 10 << 20}
	want.FollowLinksTo, want.DESPasswords = []string{"/srv"}, true
	want.KeepOthersFiles = true
	want.Logs = []LogTarget{{Format: "text", Where: "syslog"}, {Format: "json", Where: "/l"}}
	want.DotFileExceptions = []DotFileException{{Pattern: ".a"}, {User: "joe", Pattern: ".b"}}
	want.Control = Control{Off: true, Dir: "/c", Viewers: []string{"1"}, Operators: []string{"2"}, Admins: []string{"3"}}
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

// A beginning of a long name that meant something to the original means the same, whatever names have joined it.
func TestAbbreviationsOfTheOriginal(t *testing.T) {
	all := newBuild(settings(), Env{}).switches()
	theirs := slices.DeleteFunc(slices.Clone(all), func(o getopt.Option) bool { return o.Ours })
	for _, o := range theirs {
		for n := 1; n <= len(o.Long); n++ {
			arg := []string{"--" + o.Long[:n], "value"}
			want, got := getopt.Split(arg, theirs)[0], getopt.Split(arg, all)[0]
			if want.Err == nil && (got.Err != nil || all[got.Option].Long != theirs[want.Option].Long) {
				t.Errorf("%s = %+v; want --%s", arg[0], got, theirs[want.Option].Long)
			}
			if want.Err != nil && (got.Err == nil || got.Err.Error() != want.Err.Error()) {
				t.Errorf("%s = %+v; want the mistake %v", arg[0], got, want.Err)
			}
		}
	}
}
