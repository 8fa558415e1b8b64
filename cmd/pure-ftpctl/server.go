package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"pureftpd/internal/control"
)

// settings lists what is in force, of all servers or of the names given.
func settings(ctx context.Context, inv *invocation) error {
	all, err := ask(ctx, inv, func(c *control.Client, ctx context.Context) ([]control.Setting, error) {
		list, err := c.Settings(ctx)
		return slices.DeleteFunc(list, func(s control.Setting) bool {
			return len(inv.words) > 0 && !slices.Contains(inv.words, s.Name) || inv.given(changedFlag) && s.Origin == "default"
		}), err
	})
	return errors.Join(err, tellAll(inv, all, "settings", func(list []control.Setting) error {
		rows := [][]string{{"SETTING", "VALUE", "ORIGIN"}}
		for _, s := range list {
			rows = append(rows, []string{s.Name, s.Value, s.Origin})
		}
		return writeTable(inv.out, rows)
	}))
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
