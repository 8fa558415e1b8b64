// Command pure-ftpd is the server. Its switches and configuration files are those of Pure-FTPd.
//
// A main reads options, builds the parts and runs them; this one does so in one of three ways: serving one client on standard
// input (inetd.go), listening (standalone.go), or on trial (try.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"pureftpd/internal/options"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "dev"

const exitFailure = 1 // nothing to listen on, and whatever else keeps a well-configured server from running

func main() { os.Exit(run(os.Args)) }

// run does what the command line says and returns the exit status.
func run(argv []string) int {
	program := filepath.Base(argv[0])
	about := options.About{Program: program, Version: version, Root: os.Geteuid() == 0}
	o, err := options.Parse(argv, options.System())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
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
	case o.Check:
		fmt.Print(o.Report())
		return 0
	}
	if err := serve(context.Background(), o); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
		if reported := reportStart(err.Error()); reported != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", program, reported)
		}
		return exitFailure
	}
	return 0
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
	if o.Daemonize && !isDaemon() {
		return startDaemon()
	}
	return standalone(ctx, o)
}

// clientOnInput is the connection that inetd, xinetd, tcpserver or systemd left on descriptor 0; nil if there is none.
func clientOnInput() (net.Conn, error) {
	if _, err := syscall.Getsockname(0); err != nil {
		return nil, nil //nolint:nilerr,nilnil // descriptor 0 is no socket: nobody handed a client over
	}
	if listening, err := syscall.GetsockoptInt(0, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); err == nil && listening != 0 {
		return nil, errors.New("standard input is a listening socket: set \"wait = no\" (xinetd), \"nowait\" (inetd) " +
			"or \"Accept=yes\" (systemd), or use socket activation")
	}
	// One option of the listener that standalone mode has set there: urgent data stays in the stream.
	if err := syscall.SetsockoptInt(0, syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1); err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	conn, err := net.FileConn(os.Stdin)
	if err != nil {
		return nil, fmt.Errorf("take the client from standard input: %w", err)
	}
	return conn, os.Stdin.Close()
}
