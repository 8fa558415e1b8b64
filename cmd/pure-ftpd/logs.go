package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"pureftpd/internal/control"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
)

// openTargets opens the places of --logto other than the system log, files as root where there is root.
func openTargets(o *options.Options) (targets []*record.Target, err error) {
	for _, l := range o.Logs {
		c := record.TargetConfig{JSON: l.Format == "json", Path: l.Where, Open: openLogFile, Stat: statLogFile}
		switch l.Where {
		case "syslog":
			continue
		case "stderr":
			c.Out = os.Stderr
		}
		t, err := record.OpenTarget(c)
		if err != nil {
			for _, t := range targets {
				_ = t.Close() // nothing was written
			}
			return nil, err
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// wantsSyslog reports whether lines go to the system log: -f none switches it off, --logto names what takes its place.
func wantsSyslog(o *options.Options) bool {
	if o.SyslogFacility == "none" || o.Try {
		return false
	}
	for _, l := range o.Logs {
		if l.Where == "syslog" {
			return true
		}
	}
	return len(o.Logs) == 0
}

// warnUnheard says that the log of a server in the background goes nowhere while there is no log daemon. It serves all the same.
func warnUnheard(o *options.Options, stderr io.Writer) {
	if len(o.Logs) > 0 || !wantsSyslog(o) {
		return
	}
	if err := record.Reachable(); err != nil {
		fmt.Fprintf(stderr, "pure-ftpd: there is no log daemon, and no standard error in the background: "+
			"until there is one the log is lost; --logto FILE keeps it (%v)\n", err)
	}
}

// logs tells where lines go, those of the log and those of transfers.
func (r *remote) logs() []control.Log {
	var list []control.Log
	for _, p := range r.parts.log.Places() {
		list = append(list, wireLog(p))
	}
	for _, l := range r.parts.current.Load().logs {
		list = append(list, wireLog(l.Place()))
	}
	return list
}

func wireLog(p record.Place) control.Log {
	l := control.Log{
		Kind: "log", Format: p.Format, Place: p.Path, Lines: p.Lines, Lost: p.Lost, Facility: p.Facility,
		LastLine: strings.ToValidUTF8(p.LastLine, "\ufffd"), Trouble: p.Trouble,
	}
	if p.Path == "" {
		l.Place = "standard error"
	}
	if p.Transfers {
		l.Kind = "transfers"
	} else {
		l.Level = p.Least.String()
	}
	if !p.Last.IsZero() {
		l.Last = &p.Last
	}
	return l
}
