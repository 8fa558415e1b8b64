package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"
)

// A verdict says whether a server will see a change of the text file.
type verdict uint8

const (
	hidden  verdict = iota // it will not
	unknown                // it cannot be told
	seen                   // it will, from the next login on
)

// A notice is what to tell about one server.
type notice struct {
	verdict verdict
	text    string
}

// tellServers tells after a change whether the running servers will see it: a person always, a program only
// if one will not.
func (inv *invocation) tellServers() {
	if inv.options.quiet {
		return
	}
	person := term.IsTerminal(int(inv.err.Fd()))
	servers, err := runningServers(inv.proc)
	switch {
	case err != nil && person:
		inv.say("whether a running server sees this cannot be told: " + err.Error())
	case err == nil && len(servers) == 0 && person:
		inv.say("no running server was found")
	}
	told := make(map[string]bool) // processes of one server read the same files
	for _, s := range servers {
		n := inv.judge(s)
		if (person || n.verdict == hidden) && !told[n.text] {
			told[n.text] = true
			inv.say(s.String() + " " + n.text)
		}
	}
}

// judge tells whether a server sees what the text file holds now. Of several files the best counts.
func (inv *invocation) judge(s server) notice {
	if s.unknown != nil {
		return notice{unknown, "may or may not see this: " + s.unknown.Error()}
	}
	best := notice{hidden, "does not see this: it has no virtual users, which -l puredb:FILE would give it"}
	for i, from := range s.sources {
		if n := inv.judgeSource(from); i == 0 || n.verdict > best.verdict {
			best = n
		}
	}
	return best
}

func (inv *invocation) judgeSource(from source) notice {
	text := inv.text()
	switch {
	case from.method == byText && sameFile(from.path, text):
		return notice{seen, "reads this file itself: the change counts from the next login on"}
	case from.method == byText:
		return notice{hidden, "does not see this: it reads another file, " + from.path}
	}
	database, err := os.Stat(from.path)
	if err != nil {
		return notice{unknown, "may or may not see this: " + err.Error()}
	}
	changed, err := os.Stat(text)
	if err != nil {
		return notice{unknown, "may or may not see this: " + err.Error()}
	}
	ours := sameFile(from.path, inv.database())
	// What was built since holds this change, even if another program has changed the text again.
	fresh := ours && inv.rebuilt || !database.ModTime().Before(changed.ModTime())
	const older = "does not see this yet: it reads %s, which is older; add %s, or run: pure-pw mkdb %[1]s -f %[3]s"
	switch {
	case fresh && ours:
		return notice{seen, "reads " + from.path + ", which was built since: the change counts from the next login on"}
	case !fresh && ours:
		return notice{hidden, fmt.Sprintf(older, from.path, "-m", text)}
	case !fresh && besides(from.path, text):
		return notice{hidden, fmt.Sprintf(older, from.path, "-m -F "+from.path, text)}
	}
	return notice{hidden, "does not see this: it reads another database, " + from.path}
}

// besides tells whether a database is named like the text beside which it lies.
func besides(database, text string) bool {
	stem := func(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) }
	absolute, err := filepath.Abs(text)
	return err == nil && stem(filepath.Clean(database)) == stem(absolute)
}

// sameFile tells whether two paths lead to the same file, or to the same place where there is none.
func sameFile(a, b string) bool {
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	if err1 == nil && err2 == nil {
		return os.SameFile(one, two)
	}
	one2, err1 := filepath.Abs(a)
	two2, err2 := filepath.Abs(b)
	return err1 == nil && err2 == nil && one2 == two2
}
