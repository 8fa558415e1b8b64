package main

import (
	"errors"
	"fmt"
	"math"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// users is the system's database of users and groups.
type users struct {
	user   func(name string) (*user.User, error)
	userID func(uid string) (*user.User, error)
	group  func(name string) (*user.Group, error)
	groups func(*user.User) ([]string, error)
}

func systemUsers() users {
	return users{user.Lookup, user.LookupId, user.LookupGroup, (*user.User).GroupIds}
}

// An owner is the user in whose name is counted.
type owner struct {
	uid, gid int
	entry    *user.User // nil if only the uid was given
}

// owner finds out who is meant. Neither may be root.
func (u users) owner(r request) (owner, error) {
	badUser := fail(exitBadID, "no such user: give a name, or a uid above 0 (-u)")
	badGroup := fail(exitBadID, "no such group: give a name, or a gid above 0 (-g)")
	if r.user == "" {
		return owner{}, badUser
	}
	var o owner
	entry, err := u.user(r.user)
	switch unknown := user.UnknownUserError(""); {
	case err == nil:
		o.entry = entry
		o.uid, o.gid = number(entry.Uid), number(entry.Gid)
	case errors.As(err, &unknown):
		o.uid = number(r.user)
	default:
		return owner{}, fail(exitBadID, "cannot look up user %s: %s", r.user, reason(err))
	}
	if o.uid == 0 {
		return owner{}, badUser
	}
	if r.group != "" && r.group != "0" { // 0 stands for the user's own
		if o.gid, err = u.gid(r.group); err != nil {
			return owner{}, err
		}
	}
	if o.gid == 0 {
		return owner{}, badGroup
	}
	return o, nil
}

// gid is the number of a group given by name or number, or 0 if there is none.
func (u users) gid(name string) (int, error) {
	group, err := u.group(name)
	switch unknown := user.UnknownGroupError(""); {
	case err == nil:
		return number(group.Gid), nil
	case errors.As(err, &unknown):
		return number(name), nil
	}
	return 0, fail(exitBadID, "cannot look up group %s: %s", name, reason(err))
}

// number reads an id, or gives 0, which is never a good one. Neither is the largest: it stands for no id in system calls.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == math.MaxUint32 {
		return 0
	}
	return int(n)
}

// groupsOf are the groups an owner is in. They stand in the database, so the owner must, too.
func (u users) groupsOf(o owner) ([]int, error) {
	entry, err := o.entry, error(nil)
	if entry == nil {
		if entry, err = u.userID(strconv.Itoa(o.uid)); err != nil {
			return nil, fmt.Errorf("no user has the uid %d, so its groups are not known: %w", o.uid, err)
		}
	}
	ids, err := u.groups(entry)
	if err != nil {
		return nil, fmt.Errorf("groups of %s: %w", entry.Username, err)
	}
	groups := []int{o.gid}
	for _, id := range ids {
		gid, err := strconv.Atoi(id)
		if err != nil {
			return nil, fmt.Errorf("groups of %s: %w", entry.Username, err)
		}
		if !slices.Contains(groups, gid) {
			groups = append(groups, gid)
		}
	}
	return groups, nil
}

// become makes the whole process the owner's, for good.
func (o owner) become(groups []int) error {
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setgid(o.gid); err != nil {
		return fmt.Errorf("setgid: %w", err)
	}
	if err := syscall.Setuid(o.uid); err != nil {
		return fmt.Errorf("setuid: %w", err)
	}
	if syscall.Setuid(0) == nil {
		return errors.New("root's identity could be taken back")
	}
	return nil
}
