package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pureftpd/internal/getopt"
)

// errUsage asks for the help in place of a command. As with the original, that is a success.
var errUsage = errors.New("see the help")

// A usageError is a mistake that the original answers with its help, and with success.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func (e *usageError) Is(target error) bool { return target == errUsage }

// parse takes apart the command line behind the name of the command.
func (inv *invocation) parse(args []string) error {
	flags := slices.Concat(letters(), commonFlags(), inv.command.flags)
	table := getoptTable(flags)
	named := len(args) > 0 && !isOurs(args[0], table)
	if named {
		inv.word = args[0]
		args = args[1:]
	}
	var stray []string
	for _, t := range getopt.Split(args, table) {
		switch {
		case t.Err != nil:
			return mistake(t)
		case t.Option != getopt.Word:
			if err := inv.set(flags[t.Option], t); err != nil {
				return err
			}
		case !named:
			inv.word, named = t.Name, true
		default:
			stray = append(stray, t.Name)
		}
	}
	if _, err := inv.options.cost(); err != nil {
		return fail(statusOption, "%w", err)
	}
	inv.warnAboutWords(stray)
	inv.warnAboutHours()
	return nil
}

// set carries out one option.
func (inv *invocation) set(f flag, t getopt.Token) error {
	err := f.set(&inv.options, t.Value)
	if inv.options.usage {
		return errUsage
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	return fail(statusOption, "%s: %w", t.Name, err)
}

// isOurs tells whether the word behind the command is one of the long options. Only those are no login there:
// the original takes all else for one, whatever it looks like.
func isOurs(arg string, table []getopt.Option) bool {
	name, dashes := strings.CutPrefix(arg, "--")
	name, _, _ = strings.Cut(name, "=")
	return dashes && slices.ContainsFunc(table, func(o getopt.Option) bool { return o.Long != "" && o.Long == name })
}

// mistake is the error of a token that is no option. A letter that is none is answered like -h, as by the
// original; long options are ours, and nobody counts on success after a wrong one.
func mistake(t getopt.Token) error {
	if strings.HasPrefix(t.Name, "--") {
		return fail(statusOption, "%w", t.Err)
	}
	return &usageError{t.Err.Error()}
}

// warnAboutHours says what hours mean that look as if they were full hours.
func (inv *invocation) warnAboutHours() {
	if h := inv.options.hours; h.Set && h.Begin < 100 && h.End < 100 {
		inv.warn("-z: this means from %s to %s: four digits say hours and minutes, such as 0900-1800", clock(h.Begin), clock(h.End))
	}
}

// clock shows hour*100+minute.
func clock(n int) string { return fmt.Sprintf("%02d:%02d", n/100, n%100) }

// warnAboutWords says which words are not what they look like.
func (inv *invocation) warnAboutWords(stray []string) {
	if strings.HasPrefix(inv.word, "-") && len(inv.word) > 1 {
		inv.warn("%q is not read as an option here but as %s: write pure-pw %s %s ...", inv.word, inv.wordMeans(),
			inv.command.name, inv.wordExample())
	}
	if len(stray) > 0 {
		inv.warn("ignored: %q", stray)
	}
}

// wordMeans says what the word behind the command is.
func (inv *invocation) wordMeans() string {
	switch {
	case inv.command.name == "mkdb":
		return "the name of the database"
	case inv.command.wordless:
		return "a word"
	}
	return "a login"
}

// wordExample is a word to write where the user left it out.
func (inv *invocation) wordExample() string {
	if inv.command.wordless {
		return "''"
	}
	return "LOGIN"
}

// checkLogin looks whether there is a login, where one is needed, and makes it one that the file can hold.
func (inv *invocation) checkLogin() error {
	if inv.command.wordless {
		return nil
	}
	if inv.word == "" {
		s := inv.command.noLogin
		if s == 0 {
			s = statusOption
		}
		return fail(s, "the login is missing: write pure-pw %s LOGIN ...", inv.command.name)
	}
	inv.word = representable(inv.word)
	return nil
}

// warn tells what is worth knowing but no error.
func (inv *invocation) warn(format string, args ...any) {
	if !inv.options.quiet {
		inv.say(fmt.Sprintf(format, args...))
	}
}
