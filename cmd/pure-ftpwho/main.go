// Command pure-ftpwho shows who is connected to the servers of this machine and what is transferred: once, in one of many forms,
// or live with --top.
//
// It asks the control sockets, so it needs no privilege of its own: whoever has a role there may use it. What it shows comes
// from clients; control characters never reach the terminal.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"pureftpd/internal/control"
)

const (
	exitFailure   = 1
	exitNoServers = 255 // there is no directory of sockets: no server has been started
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv("GATEWAY_INTERFACE") != "", os.Stdout, os.Stderr))
}

// run does what the arguments say and returns the exit status. A web server (cgi) gets a page.
func run(ctx context.Context, args []string, cgi bool, stdout, stderr io.Writer) int {
	r := parse(args, cgi)
	if r.help {
		if _, err := io.WriteString(stdout, help); err != nil {
			return exitFailure
		}
		return 0
	}
	clients, err := find(r.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintln(stderr, "pure-ftpwho: no server is running:", err)
		return exitNoServers
	case err != nil:
		fmt.Fprintln(stderr, "pure-ftpwho:", err)
		return exitFailure
	case r.top:
		err = top(ctx, r.dir)
	default:
		err = show(ctx, r, clients, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "pure-ftpwho:", err)
		return exitFailure
	}
	return 0
}

// find lists the servers of a directory, or of the usual ones if none is named.
func find(dir string) ([]*control.Client, error) {
	if dir == "" {
		return control.FindDefault()
	}
	return control.Find(dir)
}

// show prints the sessions once. Those of servers that answer are shown whatever becomes of the others.
func show(ctx context.Context, r request, clients []*control.Client, stdout io.Writer) error {
	found, err := control.Gather(ctx, clients)
	out := bufio.NewWriterSize(stdout, 64<<10)
	r.write(out, rows(sessionsOf(found), time.Now(), r.numeric))
	return errors.Join(err, out.Flush())
}
