package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"pureftpd/internal/ban"
	"pureftpd/internal/control"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
)

// newBans makes the table of addresses that are kept out. A process of inetd mode has one client: it counts, but bans nobody, as
// nothing would be left of it.
func newBans(o *options.Options, log *record.Log, slots *server.Slots) *ban.Table {
	c := banConfig(o)
	if slots != nil {
		c.Failures = 0
	}
	return ban.New(c, func(text string) { log.WriteString(record.Warning, text) })
}

func banConfig(o *options.Options) ban.Config {
	return ban.Config{
		Failures: o.Ban.After, Within: o.Ban.Within, Time: o.Ban.Time, Exempt: o.Ban.Exempt, PerMinute: o.AuthFailures,
	}
}

// liveBans are the bans as the control socket sees them.
type liveBans struct{ parts *parts }

// All are those in force.
func (l liveBans) All() []control.Ban {
	var list []control.Ban
	for _, b := range l.parts.bans.All() {
		list = append(list, control.Ban{
			Address: ban.Text(b.Network), Since: b.Since, Until: b.Until, Reason: b.Reason, Ordered: b.Ordered, Times: b.Times,
		})
	}
	return list
}

// Add keeps a network out, and ends its sessions.
func (l liveBans) Add(o control.BanOrder) (address string, err error) {
	network, err := ban.ParseNetwork(o.Address)
	if err != nil {
		return "", &control.Error{Status: 400, Text: err.Error()}
	}
	err = l.parts.bans.Order(network, time.Now().Add(o.For), o.Reason)
	switch {
	case errors.Is(err, ban.ErrReason):
		return "", &control.Error{Status: 400, Text: err.Error()}
	case err != nil:
		return "", err
	}
	for _, s := range l.parts.handler().Sessions() {
		if !o.KeepSessions && network.Contains(s.Snapshot().Peer.Addr()) {
			s.Kick()
		}
	}
	return ban.Text(network), nil
}

// Lift lets a network in again.
func (l liveBans) Lift(address string) error {
	network, err := ban.ParseNetwork(address)
	if err != nil {
		return control.ErrNotBanned
	}
	lifted, partOf := l.parts.bans.Lift(network)
	switch {
	case len(partOf) > 0 && lifted:
		return fmt.Errorf("%s is let in by itself, and still banned as part of %s", ban.Text(network), texts(partOf))
	case len(partOf) > 0:
		return fmt.Errorf("%s is banned as part of %s", ban.Text(network), texts(partOf))
	case !lifted:
		return control.ErrNotBanned
	}
	return nil
}

func texts(networks []netip.Prefix) (all string) {
	for i, n := range networks {
		if i > 0 {
			all += " and "
		}
		all += ban.Text(n)
	}
	return all
}

// restoreBans puts bans in force that another process has told.
func restoreBans(table *ban.Table, told []control.Ban) error {
	var list []ban.Ban
	var errs []error
	for _, b := range told {
		network, err := ban.ParseNetwork(b.Address)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, ban.Ban{
			Network: network, Since: b.Since, Until: b.Until, Reason: b.Reason, Ordered: b.Ordered, Times: b.Times,
		})
	}
	table.Restore(list)
	return errors.Join(errs...)
}
