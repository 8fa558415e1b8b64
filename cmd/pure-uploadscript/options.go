package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"pureftpd/internal/getopt"
)

const (
	standardPIDFile = "/var/run/pure-uploadscript.pid"
	standardPause   = 10 * time.Second // before another try
	maxParallel     = 1024             // each is a process
	maxRetries      = 1000
	maxSeconds      = 24 * 60 * 60
)

// A request is what the command line asks for.
type request struct {
	help       bool
	background bool
	program    string
	pidFile    string
	uid, gid   int
	gidGiven   bool
	parallel   int
	retries    int
	pause      time.Duration // before a retry
	limit      time.Duration // for a program; 0 means none
}

// A mistake is one in the form of the command line. It is answered with the help, and is no failure, as in the original.
type mistake struct{ error }

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'B', Long: "daemonize"},
		{Short: 'g', Long: "gid", Arg: getopt.Required, Example: "2001"},
		{Short: 'h', Long: "help"},
		{Short: 'p', Long: "pidfile", Arg: getopt.Required, Example: standardPIDFile},
		{Short: 'r', Long: "run", Arg: getopt.Required, Example: "/etc/pure-ftpd/program"},
		{Short: 'u', Long: "uid", Arg: getopt.Required, Example: "2001"},
		{Long: "parallel", Arg: getopt.Required, Example: "4", Ours: true},
		{Long: "pause", Arg: getopt.Required, Example: "10", Ours: true},
		{Long: "retries", Arg: getopt.Required, Example: "3", Ours: true},
		{Long: "timelimit", Arg: getopt.Required, Example: "600", Ours: true},
	}
}

func printHelp(w io.Writer) error {
	_, err := fmt.Fprintf(w, `Usage: pure-uploadscript -r PROGRAM [-u UID] [-g GID] [-p FILE] [-B]

Runs a program for each file that pure-ftpd (-o) has received, with the file's pathname as its argument.

-B, --daemonize          go to the background
-g, --gid GID            run as this group; a number (0)
-h, --help               print this text and exit
-p, --pidfile FILE       write the process number here (%s)
-r, --run PROGRAM        the program
-u, --uid UID            run as this user; a number (0)
    --parallel N         programs to run at once, one for each file (1: strictly in the order of the uploads)
    --retries N          run a program that has failed again, this often (0)
    --pause SECONDS      wait before that (%d)
    --timelimit SECONDS  end a program that takes longer (no limit)
`, standardPIDFile, int(standardPause/time.Second))
	return err
}

// parse reads the command line. Of -r the first counts, as in the original.
func parse(args []string) (request, error) {
	r := request{pidFile: standardPIDFile, parallel: 1, pause: standardPause}
	var wrong []error
	table := options()
	for _, token := range getopt.Split(args, table) {
		switch {
		case token.Err != nil:
			return r, &mistake{token.Err}
		case token.Option == getopt.Word:
			wrong = append(wrong, fmt.Errorf("unexpected argument %s", getopt.Quote(token.Name)))
			continue
		}
		if table[token.Option].Long == "help" {
			r.help = true
			return r, nil
		}
		if err := r.set(table[token.Option].Long, token.Value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", token.Name, err))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return r, err
	}
	if r.program == "" {
		return r, &mistake{errors.New("give the program to run: -r PROGRAM")}
	}
	return r, nil
}

// set takes the value of one option.
func (r *request) set(name, value string) (err error) {
	switch name {
	case "daemonize":
		r.background = true
	case "gid":
		r.gid, err = getopt.ID(value)
		r.gidGiven = true
	case "uid":
		r.uid, err = getopt.ID(value)
	case "pidfile":
		r.pidFile = value
	case "run":
		if r.program == "" {
			r.program = value
		}
	case "parallel":
		r.parallel, err = getopt.Between(value, 1, maxParallel)
	case "retries":
		r.retries, err = getopt.Between(value, 0, maxRetries)
	case "pause":
		r.pause, err = seconds(value, 0)
	case "timelimit":
		r.limit, err = seconds(value, 1)
	}
	return err
}

func seconds(value string, least int) (time.Duration, error) {
	n, err := getopt.Between(value, least, maxSeconds)
	return time.Duration(n) * time.Second, err
}
