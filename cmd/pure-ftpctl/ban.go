package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pureftpd/internal/control"
)

// A serverBan is a ban, and the server it is in force at.
type serverBan struct {
	Server int `json:"server"`
	control.Ban
}

// allBans are those of all servers, those that end first at the front.
func (inv *invocation) allBans(ctx context.Context) ([]serverBan, error) {
	all, err := ask(ctx, inv, (*control.Client).Bans)
	list := []serverBan{}
	for _, a := range all {
		for _, b := range a.answer {
			list = append(list, serverBan{a.client.PID(), b})
		}
	}
	slices.SortStableFunc(list, func(a, b serverBan) int { return a.Until.Compare(b.Until) })
	if err != nil && len(all) == 0 {
		return nil, err
	}
	return list, err
}

// bans lists the addresses that are kept out.
func bans(ctx context.Context, inv *invocation) error {
	list, err := inv.allBans(ctx)
	if list == nil {
		return err
	}
	if inv.given(jsonFlag) {
		return errors.Join(err, writeJSON(inv.out, map[string]any{"bans": list}))
	}
	rows := [][]string{{"ADDRESS", "UNTIL", "LEFT", "BY", "REASON"}}
	for _, b := range list {
		by := "failed logins"
		if b.Ordered {
			by = "administrator"
		}
		rows = append(rows, []string{b.Address, b.Until.Local().Format(time.DateTime), span(time.Until(b.Until)), by, b.Reason})
	}
	return errors.Join(err, writeTable(inv.out, rows))
}

// ban keeps an address out for a time. The word "for" may stand before the time.
func ban(ctx context.Context, inv *invocation) error {
	words := slices.Clone(inv.words)
	if words[1] == "for" {
		words = slices.Delete(words, 1, 2)
	}
	if len(words) < 2 || len(words) > 3 {
		return wrong("write pure-ftpctl ban %s", inv.command.words)
	}
	o := control.BanOrder{Address: words[0], KeepSessions: inv.given(keepFlag)}
	var err error
	if o.For, err = parseTime(words[1]); err != nil {
		return err
	}
	if len(words) > 2 {
		o.Reason = words[2]
	}
	return inv.tell(ctx, o.Address+" is kept out for "+words[1], func(c *control.Client, ctx context.Context) error {
		return c.Ban(ctx, o)
	})
}

// parseTime reads 90s, 30m, 12h or 7d.
func parseTime(text string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(text, "d")
	if isDays {
		text = days + "h"
	}
	d, err := time.ParseDuration(text)
	if isDays {
		if d > 100*365*time.Hour { // a hundred years of days
			err = errors.New("too long")
		}
		d *= 24
	}
	if err != nil || d < time.Second {
		return 0, wrong("a time is written 90s, 30m, 12h or 7d")
	}
	return d, nil
}

// unban lets addresses in again. A server that has not banned one is no failure, if another has.
func unban(ctx context.Context, inv *invocation) error {
	var errs []error
	for _, address := range inv.words {
		answers, err := ask(ctx, inv, func(c *control.Client, ctx context.Context) (unknown error, err error) {
			err = c.Unban(ctx, address)
			if e, ok := errors.AsType[*control.Error](err); ok && e.Status == 404 {
				return fmt.Errorf("server %d: %w", c.PID(), err), nil
			}
			return nil, err
		})
		errs = append(errs, err)
		var unknown []error
		for _, a := range answers {
			if a.answer != nil {
				unknown = append(unknown, a.answer)
				continue
			}
			fmt.Fprintf(inv.out, "server %d: %s is let in\n", a.client.PID(), printable(address))
		}
		if len(unknown) == len(answers) {
			errs = append(errs, unknown...)
		}
	}
	return errors.Join(errs...)
}
