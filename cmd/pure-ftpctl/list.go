package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"pureftpd/internal/control"
)

// list prints the sessions.
func list(ctx context.Context, inv *invocation) error {
	clients, err := inv.servers()
	if err != nil {
		return err
	}
	all, err := control.Gather(ctx, clients)
	sessions := make([]control.Session, 0, len(all))
	for _, f := range all {
		if inv.wants(f.Session) {
			sessions = append(sessions, f.Session)
		}
	}
	if inv.given(jsonFlag) {
		return errors.Join(err, writeJSON(inv.out, map[string]any{"sessions": sessions}))
	}
	rows := [][]string{{"SESSION", "ACCOUNT", "CLIENT", "FOR", "QUIET", "WHAT", "SPEED", "DONE", "LIMITS", "FILE"}}
	for _, s := range sessions {
		rows = append(rows, sessionRow(s, time.Now()))
	}
	return errors.Join(err, writeTable(inv.out, rows))
}

func sessionRow(s control.Session, now time.Time) []string {
	account, quiet := s.Account, "-"
	if account == "" {
		account = "?"
	}
	if s.LastCommand != nil && s.Transfer == nil {
		quiet = span(now.Sub(*s.LastCommand))
	}
	speed, done, file := "-", "-", ""
	if t := s.Transfer; t != nil {
		speed = fmt.Sprintf("%.0f KB/s", s.Speed(now)/1024)
		file = t.File
		if t.Size > 0 {
			done = fmt.Sprintf("%d%%", min(t.Position*100/t.Size, 100))
		} else {
			done = fmt.Sprintf("%d KB", t.Position>>10)
		}
	}
	return []string{
		fmt.Sprint(s.ID), account, s.Host, span(now.Sub(s.Started)), quiet, string(s.State), speed, done, s.Limits.String(), file,
	}
}

// span is a time as people read it.
func span(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	if d >= 48*time.Hour {
		return fmt.Sprintf("%dd", int(d/(24*time.Hour)))
	}
	return d.String()
}

// writeTable prints rows in columns.
func writeTable(out io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = printable(row[i])
		}
		// An error stays in the table until Flush.
		_, _ = io.WriteString(table, strings.TrimRight(strings.Join(row, "\t"), "\t")+"\n")
	}
	return table.Flush()
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// status tells about each server.
func status(ctx context.Context, inv *invocation) error {
	all, err := ask(ctx, inv, (*control.Client).Status)
	if inv.given(jsonFlag) {
		list := []control.Status{}
		for _, a := range all {
			list = append(list, a.answer)
		}
		return errors.Join(err, writeJSON(inv.out, map[string]any{"servers": list}))
	}
	for i, a := range all {
		s := a.answer
		if i > 0 {
			fmt.Fprintln(inv.out)
		}
		limits := "those of the settings"
		if s.Limits != nil {
			limits = s.Limits.String()
		}
		c := s.Counters
		mode := s.Mode
		if s.Successor != 0 {
			mode = fmt.Sprintf("finishing after a hand-over to %d", s.Successor)
		}
		err = errors.Join(err, writeTable(inv.out, [][]string{
			{"Server", fmt.Sprintf("%d, %s, version %s", s.PID, mode, s.Version)},
			{"Running for", span(s.Now.Sub(s.Started))},
			{"Sessions", fmt.Sprintf("%d, %d downloading, %d uploading", c.Open, c.Downloading, c.Uploading)},
			{"Limits of all", limits},
			{"Since the start", fmt.Sprintf("%d sessions, %d logins, %d downloads, %d uploads",
				c.Sessions, c.Logins, c.Downloads, c.Uploads)},
			{"", fmt.Sprintf("%d bytes sent, %d bytes received", c.BytesSent, c.BytesReceived)},
		}))
	}
	return err
}

// An answered is what one server has answered.
type answered[T any] struct {
	client *control.Client
	answer T
}

// ask asks all servers the same. Servers that have ended meanwhile are left out.
func ask[T any](ctx context.Context, inv *invocation, question func(*control.Client, context.Context) (T, error)) ([]answered[T], error) {
	clients, err := inv.servers()
	if err != nil {
		return nil, err
	}
	answers := make([]*answered[T], len(clients))
	place := make(map[*control.Client]int)
	for i, c := range clients {
		place[c] = i
	}
	err = control.Each(ctx, clients, func(ctx context.Context, c *control.Client) error {
		a, err := question(c, ctx)
		if err == nil {
			answers[place[c]] = &answered[T]{c, a}
		}
		return err
	})
	var list []answered[T]
	for _, a := range answers {
		if a != nil {
			list = append(list, *a)
		}
	}
	return list, err
}
