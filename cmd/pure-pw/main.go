package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"pureftpd/internal/getopt"
)

// program stands before messages; what the program was started as may be misleading behind links.
const program = "pure-pw"

func main() { os.Exit(realMain("/proc")) }

// realMain runs the program in the real world, of which proc shows the processes, and returns its exit status.
func realMain(proc string) int {
	return int(run(os.Args[1:], system{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		getenv: os.Getenv, conf: confFolder("/etc"), proc: proc,
	}))
}

// confFolder returns the folder in etc of the files that are used if none is named: Debian's, pure-ftpd, if it is there, else etc
// itself, as upstream. Debian's folder also holds virtual hosts, so one without a text does not hide a text in etc.
func confFolder(etc string) string {
	debian := etc + "/pure-ftpd"
	info, err := os.Stat(debian)
	if err != nil || !info.IsDir() || !exists(debian+"/"+textName) && exists(etc+"/"+textName) {
		return etc
	}
	return debian
}

// exists tells whether something is there, or at least cannot be said not to be.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// run carries out a command line, without the program's name, and returns the exit status.
func run(args []string, s system) status {
	inv := &invocation{system: s}
	if len(args) == 0 {
		return inv.finish(inv.help())
	}
	c, known := findCommand(args[0])
	if !known {
		inv.complain(args[0])
		return inv.finish(inv.help())
	}
	inv.command = c
	if err := inv.parse(args[1:]); err != nil {
		if !errors.Is(err, errUsage) {
			return inv.finish(err)
		}
		if mistake, ok := errors.AsType[*usageError](err); ok {
			inv.say(mistake.text)
		}
		return inv.finish(inv.help())
	}
	return inv.carryOut()
}

// carryOut runs the command, and what belongs to every change. As in the original, -m builds the database
// even if the change failed, and the status tells of both.
func (inv *invocation) carryOut() status {
	err := inv.checkLogin()
	if err == nil {
		err = inv.command.run(inv)
	}
	result := inv.finish(err)
	if inv.command.changes && inv.options.rebuild {
		failed := inv.buildDatabase(inv.database())
		inv.rebuilt = failed == nil
		result |= inv.finish(failed)
	}
	if inv.command.changes && err == nil {
		inv.tellServers()
	}
	return result
}

// finish writes an error, if there is one, and returns its status.
func (inv *invocation) finish(err error) status {
	if err != nil {
		inv.say(err.Error())
	}
	return statusOf(err)
}

// say writes a message to standard error. There is nowhere to tell that it could not be written.
func (inv *invocation) say(text string) {
	for line := range strings.Lines(text + "\n") {
		_, _ = inv.err.WriteString(program + ": " + line)
	}
}

// complain tells that a word is no command.
func (inv *invocation) complain(word string) {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	hint := ""
	if best := getopt.Nearest(word, names); best != "" {
		hint = "; did you mean " + best + "?"
	}
	if word != "" && !strings.HasPrefix(word, "-") {
		inv.say(fmt.Sprintf("there is no command %q%s", word, hint))
	}
}
