package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A plant is a folder with a text, databases and processes.
type plant struct {
	t   *testing.T
	dir string
	inv *invocation
}

func newPlant(t *testing.T) *plant {
	dir := t.TempDir()
	p := &plant{t: t, dir: dir, inv: &invocation{system: system{
		getenv: func(string) string { return "" }, conf: dir, proc: filepath.Join(dir, "proc"),
	}}}
	p.file("pureftpd.passwd", "", 0)
	return p
}

// file makes a file that was changed so long after the text.
func (p *plant) file(name, text string, after time.Duration) string {
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(after)
	if err := os.Chtimes(path, then, then); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// process makes a running process that works in the plant's folder. $DIR in words is that folder.
func (p *plant) process(pid, comm string, words ...string) {
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "$DIR", p.dir)
	}
	p.file("proc/"+pid+"/comm", comm+"\n", 0)
	p.file("proc/"+pid+"/cmdline", strings.Join(words, "\x00")+"\x00", 0)
	if err := os.Symlink(p.dir, filepath.Join(p.dir, "proc", pid, "cwd")); err != nil {
		p.t.Fatal(err)
	}
}

// told returns what is told, to a program.
func (p *plant) told() string {
	out, err := os.Create(filepath.Join(p.t.TempDir(), "stderr"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.inv.err = out
	p.inv.tellServers()
	text, err := os.ReadFile(out.Name())
	if err := errors.Join(err, out.Close()); err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name    string
		words   []string
		verdict verdict
		text    string // in the notice, $DIR is the folder
	}{
		{"database", []string{"-l", "puredb:$DIR/pureftpd.pdb"}, hidden, "which is older; add -m"},
		{"glued", []string{"-lpuredb:$DIR/pureftpd.pdb"}, hidden, "mkdb $DIR/pureftpd.pdb -f $DIR/pureftpd.passwd"},
		{"long", []string{"--login=puredb:$DIR/new.pdb"}, hidden, "another database, $DIR/new.pdb"},
		{"another, older", []string{"-l", "puredb:$DIR/old.pdb"}, hidden, "another database, $DIR/old.pdb"},
		{"relative", []string{"-l", "puredb:old.pdb"}, hidden, "another database, $DIR/old.pdb"},
		{"missing", []string{"-l", "puredb:$DIR/missing.pdb"}, unknown, "no such file"},
		{"the text itself", []string{"-l", "purepw:$DIR/pureftpd.passwd"}, seen, "reads this file itself"},
		{"the text itself by another name", []string{"-l", "purepw:$DIR/link"}, seen, "reads this file itself"},
		{"another text", []string{"-l", "purepw:$DIR/other"}, hidden, "another file, $DIR/other"},
		{"the best of several", []string{"-l", "purepw:$DIR/other", "-l", "purepw:$DIR/link"}, seen, "itself"},
		{"system accounts", []string{"-l", "unix"}, hidden, "no virtual users"},
		{"nothing", nil, hidden, "no virtual users"},
		{"configuration", []string{"$DIR/text.conf"}, seen, "itself"},
		{"configuration of a database", []string{"db.conf"}, hidden, "another database, $DIR/old.pdb"},
		{"configuration with equal signs", []string{"equal.conf"}, hidden, "another database, $DIR/old.pdb"},
		{"configuration with colons", []string{"colon.conf"}, seen, "itself"},
		{"configuration that includes another", []string{"include.conf"}, seen, "itself"},
		{"configuration that includes itself", []string{"loop.conf"}, unknown, "include each other"},
		{"missing configuration", []string{"$DIR/missing.conf"}, unknown, "no such file"},
		{"Debian's folder", []string{"$DIR/debian"}, hidden, "another database, $DIR/old.pdb"},
		{"its conf", []string{"$DIR/debian/conf"}, hidden, "another database, $DIR/old.pdb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlant(t)
			p.file("pureftpd.pdb", "", -time.Hour)
			p.file("old.pdb", "", -time.Hour)
			p.file("new.pdb", "", time.Hour)
			p.file("text.conf", "# PureDB /no\n Daemonize yes\n\tPurePW \t \""+p.dir+"/pureftpd.passwd\"\n", 0)
			p.file("db.conf", "puredb old.pdb\n", 0)
			p.file("equal.conf", "PureDB = "+p.dir+"/old.pdb # of old\n", 0)
			p.file("colon.conf", "PurePW: \""+p.dir+"/link\" # a link\n", 0)
			p.file("include.conf", "Include missing.conf\nInclude colon.conf\n", 0)
			p.file("loop.conf", "Include loop.conf\n", 0)
			p.file("debian/conf/PureDB", "# the users\n\n"+p.dir+"/old.pdb\n", 0)
			if err := os.Symlink("pureftpd.passwd", filepath.Join(p.dir, "link")); err != nil {
				t.Fatal(err)
			}
			p.process("7", "pure-ftpd", append([]string{"/usr/sbin/pure-ftpd"}, test.words...)...)
			servers, err := runningServers(p.inv.proc)
			if err != nil || len(servers) != 1 {
				t.Fatalf("runningServers() = %v, %v; want one", servers, err)
			}
			n := p.inv.judge(servers[0])
			want := strings.ReplaceAll(test.text, "$DIR", p.dir)
			if n.verdict != test.verdict || !strings.Contains(n.text, want) {
				t.Errorf("judge() = %d, %q; want %d, %q", n.verdict, n.text, test.verdict, want)
			}
		})
	}
}

func TestJudgeFreshDatabase(t *testing.T) {
	p := newPlant(t)
	p.file("pureftpd.pdb", "", time.Second)
	p.process("7", "pure-ftpd", "pure-ftpd", "-lpuredb:$DIR/pureftpd.pdb")
	if got := p.told(); got != "" {
		t.Errorf("a program is told %q; want nothing: the server sees the change", got)
	}
	p.file("pureftpd.pdb", "", -time.Second)
	if got := p.told(); !strings.Contains(got, "process id 7 does not see this yet") {
		t.Errorf("a program is told %q; want that the server does not see the change", got)
	}
	p.inv.rebuilt = true
	if got := p.told(); got != "" {
		t.Errorf("after -m: %q; want nothing: another pure-pw has changed the text since", got)
	}
	p.inv.rebuilt = false
	p.inv.options.quiet = true
	if got := p.told(); got != "" {
		t.Errorf("--quiet: %q; want nothing", got)
	}
}

// A database beside the text that has its name is meant to be built of it.
func TestJudgeDatabaseBesideTheText(t *testing.T) {
	p := newPlant(t)
	p.file("users.passwd", "", 0)
	p.file("users.pdb", "", -time.Hour)
	p.inv.options.text = path{given: true, path: filepath.Join(p.dir, "users.passwd")}
	p.process("7", "pure-ftpd", "pure-ftpd", "-l", "puredb:$DIR/users.pdb")
	if got, want := p.told(), "add -m -F "+p.dir+"/users.pdb"; !strings.Contains(got, want) {
		t.Errorf("told %q; want %q", got, want)
	}
}

func TestRunningServersPassesOverOthers(t *testing.T) {
	p := newPlant(t)
	p.process("1", "init", "init", "puredb:/x")
	p.process("2", "pure-ftpwho", "pure-ftpwho")
	p.process("3", "pure-ftpd", "")                   // a zombie has no words at all
	p.file("proc/4/stat", "", 0)                      // it has ended
	p.file("proc/sys/comm", "pure-ftpd\n", 0)         // not a process
	p.process("5", "pure-ftpd", "pure-ftpd (SERVER)") // the original hides its words
	p.file("proc/3/cmdline", "", 0)
	servers, err := runningServers(p.inv.proc)
	if err != nil || len(servers) != 1 || servers[0].pid != 5 {
		t.Fatalf("runningServers() = %v, %v; want that with process id 5", servers, err)
	}
	if n := p.inv.judge(servers[0]); n.verdict != unknown {
		t.Errorf("judge() = %v; want that it is unknown", n)
	}
	if got := p.told(); got != "" {
		t.Errorf("a program is told %q; want nothing: nothing is known", got)
	}
	if _, err := runningServers(filepath.Join(p.dir, "none")); err == nil {
		t.Error("runningServers() without a folder of processes succeeds")
	}
}

// Processes of one server are one to people.
func TestTellServersOnce(t *testing.T) {
	p := newPlant(t)
	p.process("7", "pure-ftpd", "pure-ftpd", "-l", "unix")
	p.process("8", "pure-ftpd", "pure-ftpd", "-l", "unix")
	if got := strings.Count(p.told(), "\n"); got != 1 {
		t.Errorf("%d lines are told; want one", got)
	}
}

// FuzzDirective checks that the parts of a line stand in it.
func FuzzDirective(f *testing.F) {
	for _, line := range []string{"PureDB /etc/pureftpd.pdb", "#PureDB /no", "purepw\t\"/a b\" # c", "PureDB = /a=b", "PureDB:/a"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		name, value := directive(line)
		if !strings.Contains(strings.ToLower(line), name) || !strings.Contains(line, value) || name == "" && value != "" ||
			strings.ContainsAny(name, " \t=:") {
			t.Errorf("directive(%q) = %q, %q", line, name, value)
		}
	})
}
