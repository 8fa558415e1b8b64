package main

import (
	"fmt"
	"io"
	"os"

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
