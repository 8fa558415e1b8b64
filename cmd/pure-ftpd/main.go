// Command pure-ftpd is the server. Its switches and configuration files are those of Pure-FTPd.
//
// A main reads options, builds the parts and runs them; this one does so in one of three ways: serving one client on standard
// input (inetd.go), listening (standalone.go), or on trial (try.go).
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"pureftpd/internal/background"
	"pureftpd/internal/options"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "dev"

const exitFailure = 1 // nothing to listen on, and whatever else keeps a well-configured server from running

func main() {
	syscall.Umask(0) // modes are given in full
	os.Exit(run(os.Args))
}

// run does what the command line says and returns the exit status.
func run(argv []string) int {
	program := filepath.Base(argv[0])
	about := options.About{Program: program, Version: version, Root: os.Geteuid() == 0}
	if err := keepFromClient(); err != nil {
		return exitFailure // there is nowhere to say it
	}
	o, err := options.Parse(argv, options.System())
	if err != nil {
		tellClient()
		complain(program, err)
		return options.ExitStatus
	}
	for _, warning := range o.Warnings {
		fmt.Fprintf(os.Stderr, "%s: %s\n", program, warning)
	}
	switch {
	case o.Action == options.ShowHelp:
		fmt.Print(about.Help())
		return 0
	case o.Action == options.ShowVersion:
		fmt.Print(about.Line())
		return 0
	case o.Show != "":
		return show(o, program)
	case o.Check:
		if err := checkDatabases(o); err != nil {
			for line := range strings.Lines(err.Error() + "\n") {
				fmt.Fprintf(os.Stderr, "%s: %s", program, line)
			}
			return options.ExitStatus
		}
		fmt.Print(o.Report())
		if err := checkTLS(o, func(message string) { fmt.Println("warning: TLS: " + message) }); err != nil {
			complain(program, err)
			return startStatus(err)
		}
		return 0
	}
	if err := serve(context.Background(), o); err != nil {
		complain(program, err)
		if reported := background.Fail(err); reported != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", program, reported)
		}
		return startStatus(err)
	}
	return 0
}

// complain writes an error to standard error, each of its lines with the program's name.
func complain(program string, err error) {
	for line := range strings.Lines(err.Error() + "\n") {
		fmt.Fprintf(os.Stderr, "%s: %s", program, line)
	}
}

// serve picks the start mode: a socket on standard input is one client of inetd's.
func serve(ctx context.Context, o *options.Options) error {
	if o.Try {
		return try(ctx, o)
	}
	if conn, err := clientOnInput(); err != nil {
		return err
	} else if conn != nil {
		return serveOne(ctx, o, conn)
	}
	if o.Daemonize && !background.Active() {
		warnUnheard(o, os.Stderr)
		return background.Start()
	}
	return standalone(ctx, o)
}
