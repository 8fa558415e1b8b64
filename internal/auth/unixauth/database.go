package unixauth

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// Files says where the files of the system's accounts are.
type Files struct {
	Passwd string // "" means /etc/passwd
	Group  string // "" means /etc/group
	Shadow string // "" means /etc/shadow
	Shells string // "" means /etc/shells

	// OpenShadow opens the shadow file, which takes a privilege: the caller takes it on here, for
	// the opening only. nil means os.Open.
	OpenShadow func(path string) (*os.File, error)
}

// ErrNoAccount says that there is no account of a name or uid.
var ErrNoAccount = errors.New("no such account")

// A Database answers questions about the system's accounts. It may be used by many goroutines at
// once.
type Database struct {
	passwd source[passwdFile]
	group  source[groupFile]
	shadow source[shadowFile]
	shells source[map[string]bool]
}

// NewDatabase returns a Database over files. It does not read them yet.
func NewDatabase(f Files) *Database {
	or := func(path, preset string) string {
		if path == "" {
			return preset
		}
		return path
	}
	if f.OpenShadow == nil {
		f.OpenShadow = os.Open
	}
	return &Database{
		passwd: source[passwdFile]{path: or(f.Passwd, "/etc/passwd"), open: os.Open, parse: parsePasswd},
		group:  source[groupFile]{path: or(f.Group, "/etc/group"), open: os.Open, parse: parseGroup},
		shadow: source[shadowFile]{path: or(f.Shadow, "/etc/shadow"), open: f.OpenShadow, parse: parseShadow},
		shells: source[map[string]bool]{path: or(f.Shells, "/etc/shells"), open: os.Open, parse: parseShells},
	}
}

// Account returns the account of a name. The error wraps ErrNoAccount if there is none.
func (d *Database) Account(name string) (Entry, error) {
	passwd, err := d.passwd.load()
	if err != nil {
		return Entry{}, fmt.Errorf("read accounts: %w", err)
	}
	if e := passwd.byName[name]; e != nil {
		return *e, nil
	}
	return Entry{}, fmt.Errorf("%w: %q", ErrNoAccount, name)
}

// Groups returns the supplementary groups of the account that owns a uid: those that name it as a
// member. A uid without an account has none; so has every uid where there are no such files, as in
// a container.
func (d *Database) Groups(uid uint32) ([]uint32, error) {
	passwd, err := d.passwd.loadIfExists()
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	e := passwd.byUID[uid]
	if e == nil {
		return nil, nil
	}
	group, err := d.group.loadIfExists()
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	return slices.Clone(group.members[e.Name]), nil
}

// UserID returns the uid of the account of a name, if there is one; where there are no such files, there is none.
func (d *Database) UserID(name string) (uid uint32, ok bool, err error) {
	passwd, err := d.passwd.loadIfExists()
	if err != nil {
		return 0, false, fmt.Errorf("read accounts: %w", err)
	}
	if e := passwd.byName[name]; e != nil {
		return e.UID, true, nil
	}
	return 0, false, nil
}

// GroupID returns the gid of the group of a name, likewise.
func (d *Database) GroupID(name string) (gid uint32, ok bool, err error) {
	group, err := d.group.loadIfExists()
	if err != nil {
		return 0, false, fmt.Errorf("read groups: %w", err)
	}
	gid, ok = group.byName[name]
	return gid, ok, nil
}

// Names returns the names of users and groups as they are now; where there are no such files, none.
func (d *Database) Names() (*Names, error) {
	passwd, err := d.passwd.loadIfExists()
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	group, err := d.group.loadIfExists()
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	return &Names{passwd, group}, nil
}

// Names are the names of users and groups at a time: a listing asks them without looking at the
// files again.
type Names struct {
	passwd passwdFile
	group  groupFile
}

// User returns the name of the account that owns a uid, or "".
func (n *Names) User(uid uint32) string {
	if e := n.passwd.byUID[uid]; e != nil {
		return e.Name
	}
	return ""
}

// Group returns the name of a group, or "".
func (n *Names) Group(gid uint32) string { return n.group.names[gid] }

// shellListed tells whether the system lists a shell.
func (d *Database) shellListed(shell string) (bool, error) {
	shells, err := d.shells.loadIfExists()
	if err != nil {
		return false, fmt.Errorf("read shells: %w", err)
	}
	if shells == nil {
		shells = defaultShells()
	}
	return shells[shell], nil
}
