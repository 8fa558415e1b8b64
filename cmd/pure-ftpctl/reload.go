package main

import (
	"context"
	"errors"
	"fmt"

	"pureftpd/internal/control"
)

// reload has all servers read their configuration again, and tells what came of it.
func reload(ctx context.Context, inv *invocation) error {
	all, err := ask(ctx, inv, (*control.Client).Reload)
	for _, a := range all {
		if inv.given(jsonFlag) {
			err = errors.Join(err, writeJSON(inv.out, map[string]any{"server": a.client.PID(), "reload": a.answer}))
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

func (inv *invocation) printChange(what string, c control.Change) {
	fmt.Fprintf(inv.out, "  %s\n", printable(fmt.Sprintf("%s %s %s, was %s [%s]", c.Name, what, c.New, c.Old, c.Origin)))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n, " ", noun, "s")
}
