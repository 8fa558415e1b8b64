package scriptd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"pureftpd/internal/getopt"
)

const (
	standardParallel = 8           // programs at once
	standardLimit    = time.Minute // for a program
	maxParallel      = 1024        // each is a process and three descriptors
	maxLimit         = time.Hour
)

// A request is what the command line asks for.
type request struct {
	help       bool
	background bool
	program    string // an absolute pathname
	socket     string
	pidFile    string
	pidGiven   bool
	uid, gid   id
	parallel   int
	limit      time.Duration
}

// An id is a number of a user or group.
type id struct {
	number int
	given  bool
}

// A mistake is one in the form of the command line. It is answered with the help, and is no failure, as in the original.
type mistake struct{ error }

// options is the table that getopt reads.
func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'B', Long: "daemonize"},
		{Short: 'g', Long: "gid", Arg: getopt.Required, Example: "2001"},
		{Short: 'h', Long: "help"},
		{Short: 'p', Long: "pidfile", Arg: getopt.Required, Example: "/run/daemon.pid"},
		{Short: 'r', Long: "run", Arg: getopt.Required, Example: "/etc/pure-ftpd/program"},
		{Short: 's', Long: "socket", Arg: getopt.Required, Example: "/run/daemon.sock"},
		{Short: 'u', Long: "uid", Arg: getopt.Required, Example: "2001"},
		{Long: "parallel", Arg: getopt.Required, Example: "8", Ours: true},
		{Long: "timelimit", Arg: getopt.Required, Example: "60", Ours: true},
	}
}

func (k Kind) help() string {
	return fmt.Sprintf(`Usage: %[1]s -s SOCKET -r PROGRAM [-u UID] [-g GID] [-p FILE] [-B]

Answers the questions that pure-ftpd asks on a local socket by running a program.

-B, --daemonize          go to the background once the socket is there
-g, --gid GID            run as this group; a number
-h, --help               print this text and exit
-p, --pidfile FILE       write the process number here (%[2]s)
-r, --run PROGRAM        the program, with its full pathname
-s, --socket SOCKET      the local socket to listen on
-u, --uid UID            run as this user; a number
    --parallel N         programs to run at once (%[3]d)
    --timelimit SECONDS  end a program that takes longer (%[4]d)
`, k.Name, k.pidFile(), standardParallel, int(standardLimit/time.Second))
}

func (k Kind) pidFile() string { return "/var/run/" + k.Name + ".pid" }

// parse reads the command line. Of -r and -s the first counts, as in the original.
func (k Kind) parse(args []string) (request, error) {
	r := request{pidFile: k.pidFile(), parallel: standardParallel, limit: standardLimit}
	if len(args) == 0 {
		return r, errors.New("give a socket (-s) and a program (-r); -h lists all options")
	}
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
	if r.socket == "" {
		wrong = append(wrong, errors.New("give the socket to listen on: -s /path/to/socket"))
	}
	if !filepath.IsAbs(r.program) {
		wrong = append(wrong, errors.New("give the full pathname of the program: -r /path/to/program"))
	}
	return r, errors.Join(wrong...)
}

// set takes the value of one option.
func (r *request) set(name, value string) (err error) {
	switch name {
	case "daemonize":
		r.background = true
	case "gid":
		r.gid.number, err = getopt.ID(value)
		r.gid.given = true
	case "uid":
		r.uid.number, err = getopt.ID(value)
		r.uid.given = true
	case "pidfile":
		r.pidFile, r.pidGiven = value, true
	case "run":
		if r.program == "" {
			r.program = value
		}
	case "socket":
		if r.socket == "" {
			r.socket = value
		}
	case "parallel":
		r.parallel, err = getopt.Between(value, 1, maxParallel)
	case "timelimit":
		var seconds int
		seconds, err = getopt.Between(value, 1, int(maxLimit/time.Second))
		r.limit = time.Duration(seconds) * time.Second
	}
	return err
}

// printHelp is the end of a command line that asks for it or cannot be read.
func (k Kind) printHelp(w io.Writer) error {
	_, err := io.WriteString(w, k.help())
	return err
}
