package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// maxAsked is how many processes are asked at once: in inetd mode each session has one.
const maxAsked = 16

// DefaultDir is where the servers that this user starts have their sockets, and where their clients look.
func DefaultDir() string {
	if uid := os.Geteuid(); uid != 0 {
		return filepath.Join(os.TempDir(), fmt.Sprintf("pure-ftpd-%d", uid))
	}
	return SystemDir
}

// SystemDir is where servers that root starts have their sockets.
const SystemDir = "/var/run/pure-ftpd"

// Find lists the server processes with a socket in a directory, by their numbers. It is an error if the directory is not there
// (fs.ErrNotExist), cannot be read, or if more than its owner may write to it. Who names a directory trusts its owner.
func Find(dir string) ([]*Client, error) { return findOf(dir, anybody) }

// findOf lists the processes in a directory of a certain owner.
func findOf(dir string, owner int) ([]*Client, error) {
	dir, err := filepath.EvalSymlinks(dir) // /var/run is a link
	if err != nil {
		return nil, fmt.Errorf("control directory: %w", err)
	}
	if err := checkDirectory(dir, owner); err != nil {
		return nil, err
	}
	paths, err := socketsIn(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil, ErrForbidden
	}
	if err != nil {
		return nil, fmt.Errorf("control directory: %w", err)
	}
	slices.SortFunc(paths, func(a, b string) int { return processOf(a) - processOf(b) })
	var clients []*Client
	for _, path := range paths {
		clients = append(clients, NewClient(path))
	}
	return clients, nil
}

// Each asks several processes the same, some at once. One that has ended meanwhile is passed over; what the others answer
// comes first, all errors after it, in one.
func Each(ctx context.Context, clients []*Client, ask func(context.Context, *Client) error) error {
	errs := make([]error, len(clients))
	turns := make(chan struct{}, maxAsked)
	var asking sync.WaitGroup
	for i, c := range clients {
		turns <- struct{}{}
		asking.Go(func() {
			defer func() { <-turns }()
			defer c.Close()
			if err := ask(ctx, c); err != nil && !errors.Is(err, ErrGone) {
				errs[i] = fmt.Errorf("server %d: %w", c.PID(), err)
			}
		})
	}
	asking.Wait()
	return errors.Join(errs...)
}

// ErrGone says that nobody listens at a socket any more.
var ErrGone = errors.New("the server has ended")

// explain says what the failure of a connection means.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: no answer: %w", c.path, err) // the connection was closed at this end
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return ErrGone
	case errors.Is(err, fs.ErrPermission):
		return ErrForbidden
	case c.cutOff(err):
		if conn, gone := net.DialTimeout("unix", c.path, probeTimeout); gone != nil {
			return ErrGone // it ended in the middle: the listener is closed before the connections
		} else {
			_ = conn.Close() // it was only knocked at
		}
		return ErrForbidden
	}
	return fmt.Errorf("%s: %w", c.path, err)
}

// A Found is a session and the server that has it: numbers are those of one server.
type Found struct {
	Session
	Client *Client
}

// Gather asks all processes for their sessions. The latest come first within each process, and the latest process first.
func Gather(ctx context.Context, clients []*Client) ([]Found, error) {
	lists := make(map[*Client][]Session)
	var mu sync.Mutex
	err := Each(ctx, clients, func(ctx context.Context, c *Client) error {
		list, err := c.Sessions(ctx)
		mu.Lock()
		defer mu.Unlock()
		lists[c] = list
		return err
	})
	var all []Found
	for _, c := range slices.Backward(clients) {
		for _, s := range lists[c] {
			all = append(all, Found{s, c})
		}
	}
	return all, err
}

// FindDefault lists the server processes that a user can mean who names no directory: those that root has started, and his own.
// It is an error if there is no directory at all (fs.ErrNotExist), or if he has no rights and no server of his own.
func FindDefault() ([]*Client, error) {
	// The place of the first is root's to give; that of the second is open to all.
	return findIn([]place{{SystemDir, anybody}, {DefaultDir(), os.Geteuid()}})
}

// A place is where servers may be found, and whose it has to be.
type place struct {
	dir   string
	owner int
}

func findIn(places []place) ([]*Client, error) {
	var clients []*Client
	var missing, failed error
	there := false
	for i, p := range places {
		if i > 0 && p.dir == places[0].dir {
			break // root's own are the system's
		}
		found, err := findOf(p.dir, p.owner)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = errors.Join(missing, err)
		case err != nil:
			failed = errors.Join(failed, err)
		default:
			there = true
		}
		clients = append(clients, found...)
	}
	switch {
	case len(clients) > 0:
		return clients, nil
	case failed != nil:
		return nil, failed
	case there:
		return nil, nil
	}
	return nil, missing
}
