package start

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a configuration like the one that is shipped, with what this version has.
const sample = `
# A comment, and an empty line above it
ChrootEveryone               yes
# TrustedGID                 100
BrokenClientsCompatibility   no
MaxClientsNumber             50
Daemonize                    no
MaxClientsPerIP              8
VerboseLog                   no
DisplayDotFiles              yes
AnonymousOnly                no
NoAnonymous                  yes
SyslogFacility               none
DontResolve                  yes
MaxIdleTime                  15
PureDB                       PDB
LimitRecursion               10000 8
AnonymousCanCreateDirs       no
MaxLoad                      4
AntiWarez                    yes
Bind                         127.0.0.1,PORT
Umask                        133:022
MinUID                       100
AllowUserFXP                 no
AllowAnonymousFXP            no
ProhibitDotFilesWrite        no
ProhibitDotFilesRead         no
AutoRename                   no
AnonymousCantUpload          no
PIDFile                      DIR/pid
MaxDiskUsage                 99
NoRename                     no
CustomerProof                yes
TLS                          0
Include                      DIR/more.conf
Include                      DIR/nowhere.conf
`

// configure writes the sample with more lines and returns its path.
func configure(t *testing.T, dir, number, more string) string {
	t.Helper()
	put(t, filepath.Join(dir, "more.conf"), "PerUserLimits = 1:0\n")
	text := strings.NewReplacer("PDB", accounts(t, dir), "PORT", number, "DIR", dir).Replace(sample)
	return put(t, filepath.Join(dir, "pure-ftpd.conf"), text+more)
}

func TestConfigurationFile(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	address := "127.0.0.1:" + number
	p := launch(t, dir, command{args: []string{configure(t, dir, number, "")}})
	p.serves(t, address)
	works(t, user(t, address, "ann"))
	user(t, address, "bob")
	c := greeted(t, address) // the file that was included allows each name one session
	c.Ask(331, "USER bob")
	c.Ask(421, "PASS secret")
	if _, err := os.Stat(filepath.Join(dir, "pid")); err != nil {
		t.Error(err)
	}
	if p.stderr.String() != "" {
		t.Errorf("the server said %q", p.stderr.String())
	}
}

// debian makes Debian's two folders and returns the first one.
func debian(t *testing.T, dir, number string) string {
	t.Helper()
	for name, text := range map[string]string{
		"Bind": "127.0.0.1," + number, "PureDB": accounts(t, dir), "SyslogFacility": "none", "DontResolve": "yes",
		"ChrootEveryone": "yes", "Umask": "133 022", "LimitRecursion": "-1 -1", "MinUID": "100",
		"UnixAuthentication": "no", "FSCharset": "UTF-8", "PerUserLimits": "1 0",
	} {
		put(t, filepath.Join(dir, "etc", "conf", name), text+"\n")
	}
	put(t, filepath.Join(dir, "etc", "auth", "x"), "")
	if err := os.Remove(filepath.Join(dir, "etc", "auth", "x")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"50pure": "../conf/PureDB", "65unix": "../conf/UnixAuthentication"} {
		if err := os.Symlink(target, filepath.Join(dir, "etc", "auth", link)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "etc", "conf")
}

func TestDebianFolder(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	conf := debian(t, dir, number)
	for _, name := range []string{conf, filepath.Dir(conf)} {
		p := launch(t, dir, command{args: []string{"--check", name}})
		p.endsWith(t, 0)
		row(t, p, "login", "puredb:"+filepath.Join(dir, "users.pdb"), filepath.Join(conf, "PureDB")+":1")
		row(t, p, "umask", "133:022", filepath.Join(conf, "Umask")+":1")
		row(t, p, "pidfile", "/var/run/pure-ftpd/pure-ftpd.pid", conf)
	}
	address := "127.0.0.1:" + number
	launch(t, dir, command{args: []string{conf}}).serves(t, address)
	works(t, user(t, address, "ann"))
}

// row finds the line of a setting in the answer to --check.
func row(t *testing.T, p *process, setting, value, origin string) {
	t.Helper()
	for line := range strings.Lines(p.stdout.String()) {
		if strings.HasPrefix(line, setting+" ") {
			if !strings.Contains(line, value) || !strings.HasSuffix(line, "  "+origin+"\n") {
				t.Errorf("--check: %q; want the value %q and the origin %q", line, value, origin)
			}
			return
		}
	}
	t.Errorf("--check has no line %q", setting)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	file := configure(t, dir, "27499", "")
	p := launch(t, dir, command{args: []string{"--check", file}})
	p.endsWith(t, 0)
	row(t, p, "bind", "127.0.0.1, 27499", file+":21")
	row(t, p, "peruserlimits", "1, anonymous no limit", filepath.Join(dir, "more.conf")+":1")
	row(t, p, "notruncate", "no", "default")
	if _, err := os.Lstat(filepath.Join(dir, "pid")); !os.IsNotExist(err) {
		t.Errorf("--check made a pid file: %v", err)
	}
	p = launch(t, dir, command{args: []string{"--check", "-c", "7", "-A"}})
	p.endsWith(t, 0)
	row(t, p, "maxclientsnumber", "7", "argument 2 (-c)")
}

// TestMistakes reads them all at once, each with its place.
func TestMistakes(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	file := put(t, filepath.Join(dir, "conf"),
		"ChrootEveryone maybe\n\nMaxClientNumber 50\nUmask 133:o22\nPassivePortRange 50000 40000\nTrustedIP host.example\n")
	for _, args := range [][]string{{file}, {"--check", file}} {
		p := launch(t, dir, command{args: args})
		p.endsWith(t, 252, file+":1: ChrootEveryone: ", file+":3: MaxClientNumber: ", "MaxClientsNumber",
			file+":4: Umask: ", file+":5: PassivePortRange: ", file+":6: TrustedIP: ")
		if n := strings.Count(p.stderr.String(), "\n"); n != 5 {
			t.Errorf("%d lines for 5 mistakes: %s", n, p.stderr.String())
		}
	}
	for _, test := range []struct{ args, text string }{
		{"DIR/nowhere.conf", "nowhere.conf"},
		{"DIR/conf -B", "stands alone"},
		{"one two", "one"},
		{"--nosuch", "unrecognized option '--nosuch'"},
		{"-8 utf-8", "invalid option -- '8'"},
		{"-S", "option requires an argument -- 'S'"},
		{"--maxclients=5", "ambiguous"},
	} {
		args := strings.Fields(strings.ReplaceAll(test.args, "DIR", dir))
		launch(t, dir, command{args: args}).endsWith(t, 252, test.text)
	}
}

// TestAccountSourceMistakes starts with files of databases that are wrong: all of it is said, and nothing is served.
func TestAccountSourceMistakes(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	listen := "127.0.0.1," + port(t)
	file := put(t, filepath.Join(dir, "sql.conf"), "MYSQLServer 127.0.0.1\nMYSQLUsr joe\nMYSQLCrypt\n")
	launch(t, dir, command{args: []string{"-S", listen, "-l", "mysql:" + file}}).endsWith(t, 252,
		file+`:2: unknown keyword "MYSQLUsr"`, file+":3: MYSQLCrypt: the value is missing")
	launch(t, dir, command{args: []string{"--check", "-l", "mysql:" + file, "-l", "sqlite:" + file}}).endsWith(t, 252,
		file+`:2: unknown keyword "MYSQLUsr"`, file+`:1: unknown keyword "MYSQLServer"`)
	launch(t, dir, command{args: []string{"-S", listen, "-l", "pgsql:" + file}}).endsWith(t, 252, `:1: unknown keyword "MYSQLServer"`)
	launch(t, dir, command{args: []string{"-S", listen, "-l", "sqlite:" + file + ".none"}}).endsWith(t, 252, file+".none: cannot be read")
	good := put(t, filepath.Join(dir, "good.conf"), "MYSQLServer 127.0.0.1\nMYSQLUser ftp\nMYSQLCrypt any\nMYSQLGetPW SELECT 1\n"+
		"MYSQLDefaultUID 1\nMYSQLDefaultGID 1\nMYSQLGetDir SELECT 1\n")
	launch(t, dir, command{args: []string{"--check", "-l", "mysql:" + good}}).endsWith(t, 0)
}

// TestNotLanded asks for what this version does not have. Nothing of it may be ignored.
func TestNotLanded(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	var lines []string
	settings := map[string]string{
		"Bonjour name": "-v name",
	}
	var parts []string
	for line, switches := range settings {
		lines = append(lines, line)
		name, _, _ := strings.Cut(line, " ")
		parts = append(parts, ": "+name+": ")
		args := strings.Fields(switches)
		launch(t, dir, command{args: args}).endsWith(t, 252, args[0]+": ", "is not available in this version")
	}
	file := put(t, filepath.Join(dir, "conf"), strings.Join(lines, "\n"))
	p := launch(t, dir, command{args: []string{file}})
	p.endsWith(t, 252, parts...)
	if n := strings.Count(p.stderr.String(), "is not available in this version"); n != len(settings) {
		t.Errorf("%d of %d settings are refused: %s", n, len(settings), p.stderr.String())
	}
	off := put(t, filepath.Join(dir, "off"), "TLS 0\nPAMAuthentication no\nCallUploadScript no\nUnixAuthentication yes\n")
	launch(t, dir, command{args: []string{"--check", off}}).endsWith(t, 0)
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	help := launch(t, dir, command{args: []string{"-B", "--help"}})
	help.endsWith(t, 0)
	if !strings.Contains(help.stdout.String(), "-S\t--bind\t<opt>\n") {
		t.Errorf("--help: %q", help.stdout.String())
	}
	version := launch(t, dir, command{args: []string{"--version"}})
	version.endsWith(t, 0)
	if !strings.HasPrefix(version.stdout.String(), "pure-ftpd v") {
		t.Errorf("--version: %q", version.stdout.String())
	}
}

// TestShow writes a file as switches, and these as a file again, usual and in TOML (P3).
func TestShow(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	path := configure(t, dir, "21", "")
	shown := launch(t, dir, command{args: []string{"--show", "switches", path}})
	shown.endsWith(t, 0)
	for form, name := range map[string]string{"config": "again.conf", "toml": "again.toml"} {
		again := launch(t, dir, command{
			before: []string{"sh", "-c", `program=$1; shift; eval "set -- $1"; exec "$program" --show ` + form + ` "$@"`, "sh"},
			args:   []string{shown.stdout.String()},
		})
		again.endsWith(t, 0)
		file := put(t, filepath.Join(dir, name), again.stdout.String())
		last := launch(t, dir, command{args: []string{"--show=switches", file}})
		last.endsWith(t, 0)
		if got, want := last.stdout.String(), shown.stdout.String(); got != want || !strings.Contains(got, "-l puredb:") {
			t.Errorf("%q became %q in %s", want, got, name)
		}
	}
	launch(t, dir, command{args: []string{"--show", "config", "-I", "-1"}}).endsWith(t, 1, "-I -1: no line of a configuration file says this")
	launch(t, dir, command{args: []string{"--show", "toml", "-I", "-1"}}).endsWith(t, 1, "-I -1: no TOML file says this")
}
