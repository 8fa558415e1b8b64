package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"pureftpd/internal/control"
)

var errNoServer = errors.New("no server is running")

// servers are those that the command is for.
func (inv *invocation) servers() ([]*control.Client, error) {
	find := control.FindDefault
	if dir := inv.value(dirFlag); dir != "" {
		find = func() ([]*control.Client, error) { return control.Find(dir) }
	}
	clients, err := find()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", errNoServer, err)
	}
	if err != nil {
		return nil, err
	}
	if inv.given(serverFlag) {
		pid, err := strconv.Atoi(inv.value(serverFlag))
		if err != nil {
			return nil, wrong("--server is followed by a process number")
		}
		clients = slices.DeleteFunc(clients, func(c *control.Client) bool { return c.PID() != pid })
		if len(clients) == 0 {
			return nil, fmt.Errorf("there is no server with process number %d", pid)
		}
	}
	if len(clients) == 0 {
		return nil, errNoServer
	}
	return clients, nil
}

// processes are the numbers of servers, for those who choose.
func processes(clients []*control.Client) string {
	var pids []string
	for _, c := range clients {
		pids = append(pids, strconv.Itoa(c.PID()))
	}
	return strings.Join(pids, ", ")
}

// A target is one session of one server.
type target struct {
	*control.Client
	session control.Session
}

// tellAll prints the answer of each server: by show, or as JSON under a key.
func tellAll[T any](inv *invocation, all []answered[T], key string, show func(T) error) (err error) {
	for i, a := range all {
		if inv.given(jsonFlag) {
			err = errors.Join(err, writeJSON(inv.out, map[string]any{"server": a.client.PID(), key: a.answer}))
			continue
		}
		if len(all) > 1 {
			if i > 0 {
				fmt.Fprintln(inv.out)
			}
			fmt.Fprintf(inv.out, "server %d\n", a.client.PID())
		}
		err = errors.Join(err, show(a.answer))
	}
	return err
}

// targets are the sessions that words and options name.
func (inv *invocation) targets(ctx context.Context, numbers []string) ([]target, error) {
	many := inv.given(userFlag) || inv.given(addressFlag) || inv.given(allFlag)
	switch {
	case many && len(numbers) > 0:
		return nil, wrong("name sessions by number, or use --user, --address or --all, not both")
	case !many && len(numbers) == 0:
		return nil, wrong("name the sessions, or use --user, --address or --all")
	}
	clients, err := inv.servers()
	if err != nil {
		return nil, err
	}
	if !many {
		return byNumber(ctx, clients, numbers)
	}
	all, err := control.Gather(ctx, clients)
	var list []target
	for _, f := range all {
		if inv.wants(f.Session) {
			list = append(list, target{f.Client, f.Session})
		}
	}
	if err == nil && len(list) == 0 {
		err = errors.New("no session is such a one")
	}
	return list, err
}

// wants reports whether a session is one that --user and --address ask for.
func (inv *invocation) wants(s control.Session) bool {
	return (!inv.given(userFlag) || s.Account == inv.value(userFlag)) &&
		(!inv.given(addressFlag) || s.Address == inv.value(addressFlag) || s.Host == inv.value(addressFlag))
}

// byNumber finds sessions by number. A number that several servers use is not guessed at.
func byNumber(ctx context.Context, clients []*control.Client, numbers []string) ([]target, error) {
	var list []target
	for _, number := range numbers {
		id, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil, wrong("%q is no number of a session; pure-ftpctl list shows them", number)
		}
		found, err := owners(ctx, clients, id)
		switch {
		case err != nil:
			return nil, err
		case len(found) == 0:
			return nil, fmt.Errorf("there is no session %d", id)
		case len(found) > 1:
			var pids []string
			for _, t := range found {
				pids = append(pids, strconv.Itoa(t.PID()))
			}
			return nil, fmt.Errorf("the servers %s have a session %d each: say which by --server", strings.Join(pids, " and "), id)
		}
		list = append(list, found[0])
	}
	return list, nil
}

// owners are the servers that have a session with a number.
func owners(ctx context.Context, clients []*control.Client, id uint64) ([]target, error) {
	answers := make(chan target, len(clients))
	err := control.Each(ctx, clients, func(ctx context.Context, c *control.Client) error {
		s, err := c.Session(ctx, id)
		if e, ok := errors.AsType[*control.Error](err); ok && e.Status == 404 {
			return nil
		}
		if err == nil {
			answers <- target{c, s}
		}
		return err
	})
	close(answers)
	var found []target
	for t := range answers {
		found = append(found, t)
	}
	slices.SortFunc(found, func(a, b target) int { return a.PID() - b.PID() })
	return found, err
}
