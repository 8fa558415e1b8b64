package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"pureftpd/internal/control"
)

// logs lists the places that log lines go to, what each took last and what is wrong with it.
func logs(ctx context.Context, inv *invocation) error {
	all, err := ask(ctx, inv, (*control.Client).Logs)
	return errors.Join(err, tellAll(inv, all, "logs", inv.printLogs))
}

func (inv *invocation) printLogs(list []control.Log) error {
	if len(list) == 0 {
		fmt.Fprintln(inv.out, "nothing is logged")
		return nil
	}
	rows := [][]string{{"LOG", "FORMAT", "PLACE", "FROM", "LINES", "LOST", "LAST"}}
	for _, l := range list {
		format, level, last := l.Format, "-", "-"
		if l.Facility != "" {
			format += " " + l.Facility
		}
		if l.Level != "" {
			level = l.Level
		}
		if l.Last != nil {
			last = span(time.Since(*l.Last)) + " ago"
		}
		rows = append(rows, []string{l.Kind, format, l.Place, level, strconv.FormatUint(l.Lines, 10), strconv.FormatUint(l.Lost, 10), last})
	}
	err := writeTable(inv.out, rows)
	for _, l := range list {
		if l.LastLine != "" {
			fmt.Fprintf(inv.out, "\nlast in %s:\n  %s\n", printable(l.Place), printable(l.LastLine))
		}
	}
	for _, l := range list {
		if l.Trouble != "" {
			fmt.Fprintf(inv.out, "\nwrong with %s: %s\n", printable(l.Place), printable(l.Trouble))
		}
	}
	return err
}
