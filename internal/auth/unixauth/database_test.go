package unixauth

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLookups(t *testing.T) {
	s := newSystem(t)
	s.write(t, "passwd", "root:x:0:0:root:/root:/bin/sh\njoe:x:2001:2002:Joe:/home/joe:/bin/sh\nalias:x:2001:7::/x:\n")
	s.write(t, "group", "root:x:0:\nusers:x:100:joe,alias\nsame:x:100:root\nmail:x:8:joe\n")
	d := NewDatabase(s.files())

	e, err := d.Account("joe")
	want := Entry{Name: "joe", UID: 2001, GID: 2002, Gecos: "Joe", Home: "/home/joe", Shell: "/bin/sh", password: "x"}
	if e != want || err != nil {
		t.Errorf("Account = %+v, %v; want %+v", e, err, want)
	}
	if _, err := d.Account("nobody"); !errors.Is(err, ErrNoAccount) {
		t.Errorf("Account = %v; want ErrNoAccount", err)
	}
	for uid, want := range map[uint32][]uint32{2001: {100, 8}, 0: {100}, 5: nil} {
		if got, err := d.Groups(uid); !slices.Equal(got, want) || err != nil {
			t.Errorf("Groups(%d) = %v, %v; want %v", uid, got, err, want)
		}
	}
	for name, want := range map[string]uint32{"root": 0, "joe": 2001, "alias": 2001} {
		if got, ok, err := d.UserID(name); got != want || !ok || err != nil {
			t.Errorf("UserID(%q) = %d, %v, %v; want %d", name, got, ok, err, want)
		}
	}
	for name, want := range map[string]uint32{"root": 0, "users": 100, "same": 100, "mail": 8} {
		if got, ok, err := d.GroupID(name); got != want || !ok || err != nil {
			t.Errorf("GroupID(%q) = %d, %v, %v; want %d", name, got, ok, err, want)
		}
	}
	for _, name := range []string{"", "nobody", "2001"} {
		_, user, userErr := d.UserID(name)
		_, group, groupErr := d.GroupID(name)
		if user || group || userErr != nil || groupErr != nil {
			t.Errorf("UserID, GroupID(%q) = %v, %v, %v, %v; want none", name, user, userErr, group, groupErr)
		}
	}
	n, err := d.Names()
	if err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[uint32]string{0: "root", 2001: "joe", 3: ""} {
		if got := n.User(uid); got != want {
			t.Errorf("User(%d) = %q; want %q", uid, got, want)
		}
	}
	for gid, want := range map[uint32]string{100: "users", 8: "mail", 2002: ""} {
		if got := n.Group(gid); got != want {
			t.Errorf("Group(%d) = %q; want %q", gid, got, want)
		}
	}
}

// A caller that keeps groups for itself does not change those of the next one.
func TestGroupsAreACopy(t *testing.T) {
	s := newSystem(t)
	s.write(t, "group", "users:x:100:joe\n")
	d := NewDatabase(s.files())
	first, err := d.Groups(2001)
	if err != nil || len(first) != 1 {
		t.Fatalf("Groups = %v, %v", first, err)
	}
	first[0] = 0
	if second, err := d.Groups(2001); !slices.Equal(second, []uint32{100}) || err != nil {
		t.Errorf("Groups = %v, %v; want 100", second, err)
	}
}

// A container of one static program has no such files.
func TestNoFilesNoNames(t *testing.T) {
	d := NewDatabase(system{t.TempDir()}.files())
	if groups, err := d.Groups(1000); groups != nil || err != nil {
		t.Errorf("Groups = %v, %v; want none", groups, err)
	}
	n, err := d.Names()
	if err != nil || n.User(0) != "" || n.Group(0) != "" {
		t.Errorf("Names = %v, %v; want none", n, err)
	}
	if _, err := d.Account("root"); err == nil || errors.Is(err, ErrNoAccount) {
		t.Errorf("Account = %v; want an error other than ErrNoAccount", err)
	}
}

func TestUnreadableIsNotEmpty(t *testing.T) {
	s := newSystem(t)
	files := s.files()
	files.Passwd, files.Group = s.dir, s.dir // directories
	d := NewDatabase(files)
	if _, err := d.Groups(2001); err == nil {
		t.Error("Groups of an unreadable file = nil")
	}
	if _, err := d.Names(); err == nil {
		t.Error("Names of an unreadable file = nil")
	}
	huge := filepath.Join(s.dir, "huge")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxFile+1); err != nil {
		t.Fatal(err)
	}
	files.Passwd = huge
	if _, err := NewDatabase(files).Account("joe"); err == nil || errors.Is(err, ErrNoAccount) {
		t.Errorf("Account in a huge file = %v; want an error", err)
	}
}

// FuzzFiles checks that no text of the four files makes a parser panic, or an account that must not
// be.
func FuzzFiles(f *testing.F) {
	f.Add("joe:x:2001:2002:Joe:/home/joe:/bin/sh\n+::::::\n#x\n")
	f.Add("users:x:100:joe,ann,,joe\n:x:5:\n")
	f.Add("joe:$1$x:19000:0:99999:7:::\nann:*:-1::x:\n")
	f.Add(" /bin/sh # x\n/\n/bin/bash")
	f.Fuzz(func(t *testing.T, text string) {
		for name, e := range parsePasswd(text).byName {
			if name == "" || e.Name != name || strings.ContainsAny(name, ":\n\x00") || e.UID == 1<<32-1 || e.GID == 1<<32-1 {
				t.Errorf("parsePasswd(%q) has %+v", text, e)
			}
		}
		group := parseGroup(text)
		for member, gids := range group.members {
			for _, gid := range gids {
				if _, ok := group.names[gid]; !ok || member == "" {
					t.Errorf("parseGroup(%q): member %q of group %d", text, member, gid)
				}
			}
		}
		for name, e := range parseShadow(text).byName {
			if name == "" || e.bad == nil && (e.changed < -1 || e.maximum < -1 || e.expires < -1) {
				t.Errorf("parseShadow(%q) has %q %+v", text, name, e)
			}
			_ = e.refusal(today())
		}
		for shell := range parseShells(text) {
			if !strings.HasPrefix(shell, "/") || strings.ContainsAny(shell, " \t\n#") {
				t.Errorf("parseShells(%q) has %q", text, shell)
			}
		}
	})
}
