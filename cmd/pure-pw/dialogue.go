package main

import (
	"bufio"
	"errors"

	"golang.org/x/term"
)

// rounds is how often two different passwords may be typed.
const rounds = 3

var errMismatch = errors.New("they were never the same")

// dialogue asks for the password twice.
func (inv *invocation) dialogue() (string, error) {
	read := inv.lineReader()
	for range rounds {
		first, err := inv.ask("Password: ", read)
		if err != nil {
			return "", err
		}
		second, err := inv.ask("Enter it again: ", read)
		if err != nil {
			return "", err
		}
		if first == second {
			return first, nil
		}
		if _, err := inv.out.WriteString("These were two different passwords\n"); err != nil {
			return "", err
		}
	}
	return "", errMismatch
}

// ask writes a prompt, reads the answer and ends the line.
func (inv *invocation) ask(prompt string, read func() (string, error)) (string, error) {
	if _, err := inv.out.WriteString(prompt); err != nil {
		return "", err
	}
	answer, err := read()
	if err != nil {
		return "", err
	}
	_, err = inv.out.WriteString("\n")
	return answer, err
}

// lineReader returns what reads a line of standard input. A terminal does not show what is typed meanwhile.
func (inv *invocation) lineReader() func() (string, error) {
	in := bufio.NewReader(inv.in)
	fd := int(inv.in.Fd())
	if !term.IsTerminal(fd) {
		return func() (string, error) { return readPassword(in) }
	}
	return func() (string, error) {
		var text []byte
		err := unseen(fd, func() (err error) {
			text, err = typedLine(in)
			return err
		})
		if key, ok := errors.AsType[*signalKey](err); ok {
			dieOf(key.signal)
		}
		if err != nil {
			return "", err
		}
		return cutPassword(text)
	}
}
