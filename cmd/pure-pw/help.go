package main

import (
	"fmt"
	"slices"
	"strings"
)

// help writes all commands and options to standard output.
func (inv *invocation) help() error {
	var b strings.Builder
	b.WriteString("Usage: pure-pw COMMAND [LOGIN] [options]\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-30s %s\n", strings.TrimSpace(c.name+" "+c.usage), c.help)
	}
	b.WriteString("\nOptions:\n")
	for _, f := range letters() {
		writeFlag(&b, f)
	}
	for _, f := range commonFlags() {
		writeFlag(&b, f)
	}
	b.WriteString("\nOptions of some commands:\n")
	for _, f := range commandFlags() {
		f.help += " (" + strings.Join(f.commands, ", ") + ")"
		writeFlag(&b, f.flag)
	}
	b.WriteString(helpNotes)
	_, err := inv.out.WriteString(b.String())
	return err
}

// A commandFlag is an option of some commands.
type commandFlag struct {
	flag
	commands []string
}

// commandFlags returns the options that not all commands have. Those that are spelled and explained alike are one.
func commandFlags() []commandFlag {
	var found []commandFlag
	for _, c := range commands() {
		for _, f := range c.flags {
			same := func(other commandFlag) bool { return other.long == f.long && other.help == f.help }
			if i := slices.IndexFunc(found, same); i >= 0 {
				found[i].commands = append(found[i].commands, c.name)
				continue
			}
			found = append(found, commandFlag{flag: f, commands: []string{c.name}})
		}
	}
	return found
}

// helpNotes end the help.
const helpNotes = `
The word behind the command is the login, whatever it looks like.
An empty value ('') removes a limit. 1 uploaded for 10 downloaded: -q 1 -Q 10
LIST: addresses, networks (192.0.2.0/24) and host names, with commas between.
`

// writeFlag writes the line of one option.
func writeFlag(b *strings.Builder, f flag) {
	spelled := "--" + f.long
	switch {
	case f.long == "":
		spelled = "-" + string(rune(f.short))
	case f.short != 0:
		spelled = "-" + string(rune(f.short)) + ", " + spelled
	}
	if f.value != "" {
		spelled += " " + f.value
	}
	fmt.Fprintf(b, "  %-30s %s\n", spelled, f.help)
}
