package main

import (
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"strings"

	"pureftpd/internal/passwdfile"
)

// options are what the options of one command line ask for.
type options struct {
	text     path // -f
	database path // -F
	rebuild  bool // -m
	usage    bool // -h
	quiet    bool
	json     bool

	uid, gid           uint32 // 0: not given, or left as it is
	uidGiven, gidGiven bool
	home               string // as it will be written; empty: not given
	free               bool   // -D was seen: a later -d does not lock the user in either
	hoursGiven         bool   // -z
	hours              passwdfile.Hours
	edits              []edit // what else is to change in an account

	source secretSource
	secret string // a file's name or a hash, as source says

	logins uint64 // -C; 0: not given
	memory uint64 // -M, in MiB; 0: not given
}

// A path is a file that may have been named.
type path struct {
	given bool
	path  string
}

// An edit is a change of one field.
type edit func(*passwdfile.Record)

func (o *options) edit(e edit) { o.edits = append(o.edits, e) }

// apply makes the changes that were asked for.
func (o *options) apply(r *passwdfile.Record) {
	if o.uid != 0 {
		r.UID = o.uid
	}
	if o.gid != 0 {
		r.GID = o.gid
	}
	if o.home != "" {
		r.Home = o.home
	}
	for _, e := range o.edits {
		e(r)
	}
}

// representable returns text with what would end a field or a line replaced.
func representable(text string) string {
	return strings.NewReplacer(":", "_", "\r", "_", "\n", "_").Replace(text)
}

// setUser is -u: a user's name, which gives the group, too, or a number.
func (o *options) setUser(value string) error {
	if o.uidGiven {
		return errors.New("-u was given already")
	}
	o.uidGiven = true
	u, err := user.Lookup(value)
	if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
		o.uid, err = parseID(value, "user")
		return err
	}
	if err != nil {
		return fail(statusID, "look up the user %q: %w", value, err)
	}
	if o.uid, err = parseID(u.Uid, "user"); err != nil || o.gidGiven {
		return err
	}
	o.gid, err = parseID(u.Gid, "group")
	return err
}

// setGroup is -g. As in the original the last one counts, but only behind -u may there be two.
func (o *options) setGroup(value string) error {
	if o.gidGiven && !o.uidGiven {
		return errors.New("-g was given already")
	}
	o.gidGiven = true
	g, err := user.LookupGroup(value)
	if _, unknown := errors.AsType[user.UnknownGroupError](err); unknown {
		o.gid, err = parseID(value, "group")
		return err
	}
	if err != nil {
		return fail(statusID, "look up the group %q: %w", value, err)
	}
	o.gid, err = parseID(g.Gid, "group")
	return err
}

// parseID understands the number of a user or group.
func parseID(value, what string) (uint32, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || n == 1<<32-1 { // the system takes that for none
		return 0, fail(statusID, "%q is neither a %s of this system nor a number for one", value, what)
	}
	return uint32(n), nil
}

// jail is the border of a chroot in a home.
const jail = "/./"

// setJail is -d: a home that the user cannot leave, unless a -D came before.
func (o *options) setJail(value string) error {
	home, jailed, err := cleanHome(value)
	if err != nil {
		return err
	}
	if !o.free || jailed {
		home += jail
	}
	o.home = home
	return nil
}

// setHome is -D: a home as it is. One that ends in the border of a chroot keeps it.
func (o *options) setHome(value string) error {
	home, jailed, err := cleanHome(value)
	if err != nil {
		return err
	}
	if jailed {
		home += jail
	}
	o.free = true
	o.home = home
	return nil
}

// cleanHome returns a home without the slashes at its end, and without the border of a chroot there, which
// jailed reports.
func cleanHome(value string) (home string, jailed bool, err error) {
	home = representable(value)
	if trimmed := strings.TrimRight(home, "/"); trimmed != home && strings.HasSuffix(trimmed, "/.") {
		home, jailed = strings.TrimSuffix(trimmed, "/."), true
	}
	home = strings.TrimRight(home, "/")
	switch {
	case home == "":
		return "", false, errors.New("neither an empty home nor / will do")
	case home[0] != '/':
		return "", false, fail(statusHome, "the home %q is not an absolute path", home)
	}
	return home, jailed, nil
}

// setUsage is -h.
func (o *options) setUsage(string) error {
	o.usage = true
	return nil
}

// setGecos is -c.
func (o *options) setGecos(value string) error {
	gecos := representable(value)
	o.edit(func(r *passwdfile.Record) { r.Gecos = gecos })
	return nil
}

// setHours is -z; empty text removes the hours.
func (o *options) setHours(value string) error {
	hours, err := passwdfile.ParseHours(value)
	if err != nil || !isClock(hours.Begin) || !isClock(hours.End) {
		return fmt.Errorf("-z %q: write two times of day, such as 0900-1800 for 9 am to 6 pm", value)
	}
	o.hoursGiven, o.hours = true, hours
	o.edit(func(r *passwdfile.Record) { r.Hours = hours })
	return nil
}

// isClock tells whether a clock may show hour*100+minute.
func isClock(n int) bool { return n < 2360 && n%100 < 60 }

// setAddresses makes the set of an option for a list of addresses; empty text removes the list.
func setAddresses(field func(*passwdfile.Record) *passwdfile.AddressList) func(*options, string) error {
	return func(o *options, value string) error {
		if strings.Contains(value, ":") {
			return fmt.Errorf("%q: a colon separates the fields of the file, so IPv6 addresses cannot be stored: "+
				"write a host name that has one", value)
		}
		list, err := passwdfile.ParseAddresses(value)
		if err != nil {
			return err
		}
		o.edit(func(r *passwdfile.Record) { *field(r) = list })
		return nil
	}
}

func localAllow(r *passwdfile.Record) *passwdfile.AddressList  { return &r.LocalAllow }
func localDeny(r *passwdfile.Record) *passwdfile.AddressList   { return &r.LocalDeny }
func clientAllow(r *passwdfile.Record) *passwdfile.AddressList { return &r.ClientAllow }
func clientDeny(r *passwdfile.Record) *passwdfile.AddressList  { return &r.ClientDeny }
