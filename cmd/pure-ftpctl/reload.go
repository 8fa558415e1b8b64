package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"pureftpd/internal/control"
)

// A reloading is what came of it on one server.
type reloading struct {
	control.Reload
	successor int // has taken over: the server keeps the settings it has
}

// reload has all servers read their configuration again, and tells what came of it.
func reload(ctx context.Context, inv *invocation) error {
	all, err := ask(ctx, inv, reloadOne)
	for _, a := range all {
		switch {
		case inv.given(jsonFlag) && a.answer.successor != 0:
			err = errors.Join(err, writeJSON(inv.out, map[string]any{"server": a.client.PID(), "successor": a.answer.successor}))
			continue
		case inv.given(jsonFlag):
			err = errors.Join(err, writeJSON(inv.out, map[string]any{"server": a.client.PID(), "reload": a.answer.Reload}))
			continue
		case a.answer.successor != 0:
			fmt.Fprintf(inv.out, "server %d: finishing after a hand-over to %d, keeps the settings it has\n", a.client.PID(), a.answer.successor)
			continue
		}
		fmt.Fprintf(inv.out, "server %d: reloaded, %s\n", a.client.PID(), count(len(a.answer.Changed), "setting")+" changed")
		for _, c := range a.answer.Changed {
			inv.printChange("is", c)
		}
		for _, c := range a.answer.Restart {
			inv.printChange("needs a restart to be", c)
		}
		for _, warning := range a.answer.Warnings {
			fmt.Fprintln(inv.out, "  warning:", printable(warning))
		}
	}
	return err
}

// reloadOne asks one server. That another process has its place is no failure: this one is asked, too.
func reloadOne(c *control.Client, ctx context.Context) (r reloading, err error) {
	if r.Reload, err = c.Reload(ctx); err == nil {
		return r, nil
	}
	if e, ok := errors.AsType[*control.Error](err); ok && e.Status == http.StatusConflict {
		if s, failed := c.Status(ctx); failed == nil && s.Successor != 0 {
			return reloading{successor: s.Successor}, nil
		}
	}
	return r, err
}

func (inv *invocation) printChange(what string, c control.Change) {
	fmt.Fprintf(inv.out, "  %s\n", printable(fmt.Sprintf("%s %s %s, was %s [%s]", c.Name, what, c.New, c.Old, c.Origin)))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n, " ", noun, "s")
}
