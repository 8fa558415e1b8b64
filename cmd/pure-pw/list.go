package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

func listCommand() command {
	return command{
		name: "list", usage: "['' -f FILE]", help: "show all accounts", run: list, wordless: true,
		flags: jsonFlags("an array with an object for each account, without passwords"),
	}
}

// list prints a line for each account: for programs with tabs between login, home and name, for people in columns.
func list(inv *invocation) error {
	text, err := os.ReadFile(inv.text())
	if err != nil {
		return fail(statusText, "%w", err)
	}
	if inv.options.json {
		return inv.listJSON(string(text))
	}
	format := "%s\t%s\t%s\n"
	if term.IsTerminal(int(inv.out.Fd())) {
		format = "%-19s %-39s %-19s\n"
	}
	var out bytes.Buffer
	err = inv.entries(string(text), func(e entry) error {
		fmt.Fprintf(&out, format, e.Login, e.Home, e.Gecos)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(inv.out, &out)
	return err
}

// listJSON prints all accounts as one array.
func (inv *invocation) listJSON(text string) error {
	accounts := []accountJSON{}
	err := inv.entries(text, func(e entry) error {
		a := toJSON(e)
		a.Hash = ""
		accounts = append(accounts, a)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(inv.out, accounts)
}
