package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pureftpd/internal/control"
)

// settings lists what is in force, of all servers or of the names given.
func settings(ctx context.Context, inv *invocation) error {
	all, err := ask(ctx, inv, (*control.Client).Settings)
	for i, a := range all {
		var list []control.Setting
		for _, s := range a.answer {
			if (len(inv.words) == 0 || slices.Contains(inv.words, s.Name)) && (!inv.given(changedFlag) || s.Origin != "default") {
				list = append(list, s)
			}
		}
		if inv.given(jsonFlag) {
			err = errors.Join(err, writeJSON(inv.out, map[string]any{"server": a.client.PID(), "settings": list}))
			continue
		}
		if len(all) > 1 {
			if i > 0 {
				fmt.Fprintln(inv.out)
			}
			fmt.Fprintf(inv.out, "server %d\n", a.client.PID())
		}
		rows := [][]string{{"SETTING", "VALUE", "ORIGIN"}}
		for _, s := range list {
			rows = append(rows, []string{s.Name, s.Value, s.Origin})
		}
		err = errors.Join(err, writeTable(inv.out, rows))
	}
	return err
}

const waitPause = 200 * time.Millisecond

// drain has a server end in order. With several servers it wants to be told which.
func drain(ctx context.Context, inv *invocation) error {
	clients, err := inv.servers()
	if err != nil {
		return err
	}
	if len(clients) > 1 && !inv.given(allFlag) && !inv.given(serverFlag) {
		return wrong("there are %d servers, %s: say which by --server, or --all", len(clients), processes(clients))
	}
	if err := inv.tell(ctx, "drains", (*control.Client).Drain); err != nil || !inv.given(waitFlag) {
		return err
	}
	return control.Each(ctx, clients, func(ctx context.Context, c *control.Client) error {
		for {
			if _, err := c.Status(ctx); err != nil {
				return err // that it has gone is none
			}
			select {
			case <-time.After(waitPause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}
