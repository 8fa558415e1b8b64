package main

import (
	"context"
	"errors"
	"fmt"

	"pureftpd/internal/control"
)

// each does the same to several sessions, and says to which it was done. One that has ended meanwhile is no failure of the
// others.
func (inv *invocation) each(ctx context.Context, targets []target, done string, do func(context.Context, target) error) error {
	var errs []error
	for _, t := range targets {
		err := do(ctx, t)
		t.Close()
		if err != nil {
			errs = append(errs, fmt.Errorf("session %d: %w", t.session.ID, err))
			continue
		}
		fmt.Fprintf(inv.out, "session %d of %s: %s\n", t.session.ID, printable(t.name()), done)
	}
	return errors.Join(errs...)
}

// name is whose session it is.
func (t target) name() string {
	if t.session.Account == "" {
		return "? at " + t.session.Host
	}
	return t.session.Account + " at " + t.session.Host
}

// kick ends sessions.
func kick(ctx context.Context, inv *invocation) error {
	targets, err := inv.targets(ctx, inv.words)
	return errors.Join(err, inv.each(ctx, targets, "ended", func(ctx context.Context, t target) error {
		return t.Kick(ctx, t.session.ID)
	}))
}

// message sends a text, the last word.
func message(ctx context.Context, inv *invocation) error {
	last := len(inv.words) - 1
	text := inv.words[last]
	targets, err := inv.targets(ctx, inv.words[:last])
	return errors.Join(err, inv.each(ctx, targets, "will be told", func(ctx context.Context, t target) error {
		return t.Message(ctx, t.session.ID, text)
	}))
}

// limit changes the rates of a session, a user or a server.
func limit(ctx context.Context, inv *invocation) error {
	kind, rest := inv.words[0], inv.words[1:]
	if want := map[string]int{"session": 2, "user": 2, "server": 1}[kind]; want != len(rest) {
		return wrong("write pure-ftpctl limit %s", inv.command.words)
	}
	rates, err := control.ParseRates(rest[len(rest)-1])
	if err != nil {
		return &mistake{err}
	}
	switch kind {
	case "session":
		targets, err := inv.targets(ctx, rest[:1])
		return errors.Join(err, inv.each(ctx, targets, rates.String(), func(ctx context.Context, t target) error {
			return t.LimitSession(ctx, t.session.ID, rates)
		}))
	case "user":
		return inv.tell(ctx, "user "+rest[0]+": "+rates.String(), func(c *control.Client, ctx context.Context) error {
			return c.LimitUser(ctx, rest[0], rates)
		})
	}
	return inv.tell(ctx, rates.String(), func(c *control.Client, ctx context.Context) error { return c.LimitServer(ctx, rates) })
}

// tell tells all servers the same, and says which have done it.
func (inv *invocation) tell(ctx context.Context, done string, do func(*control.Client, context.Context) error) error {
	told, err := ask(ctx, inv, func(c *control.Client, ctx context.Context) (struct{}, error) { return struct{}{}, do(c, ctx) })
	for _, t := range told {
		fmt.Fprintf(inv.out, "server %d: %s\n", t.client.PID(), printable(done))
	}
	return err
}

// trace prints the dialogue of a session until it ends or is interrupted.
func trace(ctx context.Context, inv *invocation) error {
	targets, err := inv.targets(ctx, inv.words)
	if err != nil {
		return err
	}
	t := targets[0]
	fmt.Fprintf(inv.out, "session %d of %s; Ctrl-C ends this\n", t.session.ID, printable(t.name()))
	err = t.Trace(ctx, t.session.ID, func(line control.Line) error {
		if line.Lost > 0 {
			fmt.Fprintf(inv.out, "... %d lines were lost\n", line.Lost)
		}
		from := "C:"
		if line.From == "server" {
			from = "S:"
		}
		_, err := fmt.Fprintln(inv.out, line.Time.Local().Format("15:04:05.000"), from, printable(line.Text))
		return err
	})
	if err == nil && ctx.Err() == nil {
		_, err = fmt.Fprintln(inv.out, "the session has ended")
	}
	return err
}
