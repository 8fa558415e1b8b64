package options

import (
	"reflect"
	"strings"
	"testing"
)

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
		{"-t :", `-t: the value is empty; write -t 50:100`},
		{"-t x", `-t: "x" is not a whole number; write -t 50:100`},
		{"-t -1", `-t: "-1" is not a number of kilobytes per second; write -t 50:100`},
		{"--total 5x", `--total: "5x" is not a whole number; write --total=5000:10000`},
		{"-q 0:1", `-q: both numbers of a ratio have to be at least 1; write -q 1:10`},
		{"-n -1:5", `-n: "-1:5" is not a quota; write -n 1000:10`},
		{"--follow srv", `--follow: "srv" is not an absolute path; write --follow=/srv/shared`},
		{"--follow <>", `--follow: "" is not an absolute path; write --follow=/srv/shared`},
		{"--follow /.", `--follow: "/." is every directory there is; write --follow=/srv/shared`},
		{"--follow /a//b/", `--follow: "/a//b/" is not the shortest spelling of the path; write /a/b`},
		{"--banafter 201", `--banafter: "201" is not a number of failures from 0 to 200; write --banafter=10`},
		{"--authfailures -1", `--authfailures: "-1" is not a number of failures from 0 to 200; write --authfailures=20`},
		{"--bantime 0", `--bantime: "0" is no time: BanAfter 0 is for no bans; write --bantime=600`},
		{"--banwithin 86401", `--banwithin: "86401" is not a number of seconds up to a day; write --banwithin=600`},
		{"--banexempt 10.0.0.1/8", `--banexempt: "10.0.0.1/8" is an address in a network, not the network; write 10.0.0.0/8`},
		{"--banexempt here", `--banexempt: "here" is neither a network nor a numeric address; write --banexempt=192.0.2.0/24`},
		{"--logto xml:/a", `--logto: unknown format "xml"; write one of text, json`},
		{"--logto json:syslog", `--logto: lines of the system log have a format of their own; JSON goes to stderr or to a file; write --logto=json:/var/log/pure-ftpd.json`},
		{"--logto a", `--logto: "a" is neither syslog nor stderr nor an absolute path; write --logto=json:/var/log/pure-ftpd.json`},
		{"--takeover --nocontrol", "--takeover: the running server is found by its control socket; leave NoControl out"},
		{"--controldir run", `--controldir: "run" is not an absolute path; write --controldir=/run/ftp`},
		{"--controlviewers a,b", `--controlviewers: "a,b" is no group; one is given at a time; write --controlviewers=staff`},
		{"--controladmins <>", `--controladmins: "" is no group; one is given at a time; write --controladmins=staff`},
		{"--statuspage :8021", `--statuspage: ":8021" has no address; write 8021 for this machine only, 0.0.0.0:8021 or [::]:8021 for every address`},
		{"--statuspage *:8021", `--statuspage: "*:8021" has no address; write 8021 for this machine only, 0.0.0.0:8021 or [::]:8021 for every address`},
		{"--statuspage 192.0.2.1", `--statuspage: "192.0.2.1" has no port; write 192.0.2.1:8021`},
		{"--statuspage ::1", `--statuspage: "::1" has no port; write [::1]:8021`},
		{"--metrics 192.0.2.1,9121", `--metrics: "192.0.2.1,9121" has a comma; write 192.0.2.1:9121`},
		{"--metrics nosuch", `--metrics: "nosuch" is neither a port nor a known service; write --metrics=9121`},
		{"--metrics localhost:70000", `--metrics: port 70000 is larger than 65535; write --metrics=9121`},
		{"--metrics <>", `--metrics: "" is neither a port nor a known service; write --metrics=9121`},
		{"--statustoken token", `--statustoken: "token" is not an absolute path; write --statustoken=/etc/pure-ftpd/status.token`},
		{"--statusname http://x/", `--statusname: "http://x/" is no host name; write the name alone, as in status.example.com`},
		{"--statusname x:80", `--statusname: "x:80" is no host name; write the name alone, as in status.example.com`},
		{"--statusname <>", `--statusname: "" is no host name; write the name alone, as in status.example.com`},
		{"--dotfile bashrc", `--dotfile: "bashrc" is no pattern that begins with a dot; write --dotfile=.bashrc`},
		{"--dotfile <>", `--dotfile: "" is no pattern that begins with a dot; write --dotfile=.bashrc`},
		{"--dotfile *", `--dotfile: "*" is no pattern that begins with a dot; write --dotfile=.bashrc`},
		{"--dotfile joe:x", `--dotfile: "joe:x" is no pattern that begins with a dot; write --dotfile=.bashrc`},
		{"--dotfile :.x", `--dotfile: ":.x" names no user; write --dotfile=.bashrc`},
		{"--dotfile joe:.", `--dotfile: "." is no name of a file; write --dotfile=.bashrc`},
		{"--dotfile ..", `--dotfile: ".." is no name of a file; write --dotfile=.bashrc`},
		{"--dotfile .config/x", `--dotfile: ".config/x" holds a slash: a pattern is for one name, and one is needed for each on the way; write --dotfile=.bashrc`},
		{"--dotfile .[a", `--dotfile: ".[a" is no pattern: a bracket or a backslash lacks what belongs to it; write --dotfile=.bashrc`},
		{"-y 5", `-y: "5" is not two numbers; write -y 3:20`},
		{"-g <>", `-g: the value is empty; write -g /var/run/pure-ftpd.pid`},
		{"-l puredb", `-l: puredb needs a file; write puredb:FILE`},
		{"-l puredbx:/a", `-l: unknown method "puredbx:/a"; write one of unix, pam, mysql:FILE, pgsql:FILE, sqlite:FILE, ldap:FILE, puredb:FILE, purepw:FILE, extauth:SOCKET, http:URL`},
		{"-l purepw", `-l: purepw needs a file; write purepw:FILE`},
		{"-l nosuch", `-l: unknown method "nosuch"; write one of unix, pam, mysql:FILE, pgsql:FILE, sqlite:FILE, ldap:FILE, puredb:FILE, purepw:FILE, extauth:SOCKET, http:URL`},
		{"-l LDAP", `-l: ldap needs a file; write ldap:FILE`},
		{"-l extauth", `-l: extauth needs a socket; write extauth:SOCKET`},
		{"-l extauth:", `-l: extauth needs a socket; write extauth:SOCKET`},
		{"-l extauth:/" + strings.Repeat("a", 107), `-l: the name of the socket has 108 bytes; the system takes 107; write a shorter one`},
		{"-l http:", `-l: http needs a URL or a socket; write http:URL`},
		{"-l http:accounts.example", `-l: "accounts.example" is neither an https URL nor the full pathname of a socket; write http:https://accounts.example.com/ftp`},
		{"-l http:http://u:secret@accounts.example/", `-l: "http://u:xxxxx@accounts.example/" would send passwords in the clear; write https`},
		{"-l http:https://u:secret@accounts.example:x/", `-l: the URL of the service cannot be read; write http:https://accounts.example.com/ftp`},
		{"--acme *.example.com", `--acme: "*.example.com" is a wildcard, which can only be proved in the DNS; give each name`},
		{"--acme 192.0.2.1", `--acme: "192.0.2.1" is not the name of a host; write --acme=ftp.example.com`},
		{"--acme a/../b", `--acme: "a/../b" is not the name of a host; write --acme=ftp.example.com`},
		{"--acme a", `--acme: the authority gives certificates only to those who agree to its terms; ` +
			`read them on its web site, then write ACMEAgree yes`},
		{"--acme a --acmeagree -2 /c", `--acme: CertFile names another certificate; leave CertFile out, or ACME`},
		{"--acmechallenge dns", `--acmechallenge: "dns" is none of http, webroot, tls-alpn; write --acmechallenge=webroot:/var/www/html`},
		{"--acmechallenge webroot:www", `--acmechallenge: webroot needs the absolute path of the directory that the web server serves; ` +
			`write --acmechallenge=webroot:/var/www/html`},
		{"--acmestorage acme", `--acmestorage: "acme" is not an absolute path; write --acmestorage=/var/lib/pure-ftpd/acme`},
		{"--acmedirectory http://ca", `--acmedirectory: "http://ca" does not begin with https://; ` +
			`write --acmedirectory=https://acme-staging-v02.api.letsencrypt.org/directory`},
		{"-Y 4", `-Y: "4" is not a level from 0 to 3; write -Y 1`},
		{"-Y x", `-Y: "x" is not a level from 0 to 3; write -Y 1`},
		{"-2 ,k", `-2: the name of the certificate or key is empty; write -2 /etc/ssl/private/pure-ftpd.pem`},
		{"--tlsbinding maybe", `--tlsbinding: "maybe" is none of off, warn, require; write --tlsbinding=require`},
		{"--tlsclientcert yes", `--tlsclientcert: "yes" is none of off, request, require; write --tlsclientcert=request`},
		{"-Y1 --implicit ftps4711", `--implicit: "ftps4711" is neither a port nor a known service; write --implicit=990`},
		{"-Y1 --implicit ::1,", `--implicit: "::1," has no port; write --implicit=990`},
		{"-Y1 --implicit 192.0.2.1:990", `--implicit: "192.0.2.1:990" has no comma; write 192.0.2.1,990`},
		{"--implicit 990", `--implicit: TLS is off; write TLS 1, 2 or 3`},
		{"-Y2 --cleartext here", `--cleartext: "here" is neither a network nor a numeric address; ` +
			`write --cleartext=192.168.0.0/16`},
		{"-Y2 --cleartext 192.168.1.5/16", `--cleartext: "192.168.1.5/16" is an address in a network, not the network; ` +
			`write 192.168.0.0/16`},
		{"-Y2 --cleartext ::ffff:192.168.0.0/112", `--cleartext: "::ffff:192.168.0.0/112" is an IPv4 network in IPv6 ` +
			`notation; write it as an IPv4 network`},
		{"-Y1 --tlsanyaddress", `--tlsanyaddress: nothing but the address would tell whose a data connection is; write TLSBinding require`},
		{"-Y1 --tlsclientcert request --tlsclientlogin", `--tlsclientlogin: without a word on who issues the certificates, ` +
			`it would let in whoever has one of the server's own authority; name them with TLSClientCA`},
		{"-v x", `-v: Bonjour is not available in this version; leave it out`},
		{"-9", `invalid option -- '9'; file names are always UTF-8, leave it out`},
		{"-B-", `invalid option -- '-'; write switches with two dashes apart from the others`},
		{"-8", `invalid option -- '8'; file names are always UTF-8, leave it out`},
		{"-S", `option requires an argument -- 'S'; write -S 192.0.2.1,21`},
		{"--bin", `option '--bind' requires an argument; write --bind=192.0.2.1,21`},
		{"--dontresolv --norenam2", `unrecognized option '--norenam2'; did you mean --norename?`},
		{"a.conf -B", `unexpected argument 'a.conf'; ` +
			`a configuration file stands alone; beside it, only --check and --show are possible`},
		{"--check a.conf -B", `unexpected argument 'a.conf'; ` +
			`a configuration file stands alone; beside it, only --check and --show are possible`},
		{"--try=", `--try: the value is empty; write --try=DIR`},
		{"-J -x", `-J: a cipher list does not begin with a dash, unless with -C: or -S:; write -J HIGH`},
	} {
		o, err := Parse(argv(test.line), fakeEnv(map[string]string{"/a.conf": "Daemonize yes"}))
		if o != nil || err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, %v; want %s", test.line, o, err, test.want)
		}
	}
}

func TestMistakesOfFeaturesToLand(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"-O stats:a", `-O: "a" is not an absolute path; write -O clf:/var/log/pureftpd.log`},
		{"-O foo:/a", `-O: unknown format "foo"; write one of clf, stats, w3c, xferlog, json`},
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
