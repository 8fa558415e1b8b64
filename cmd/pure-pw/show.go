package main

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"

	"pureftpd/internal/passwdfile"
)

func showCommand() command {
	return command{
		name: "show", usage: "LOGIN", help: "show an account with all its limits and its hash",
		run: show, flags: jsonFlags("an object, with the hash"),
	}
}

// show prints one account.
func show(inv *invocation) error {
	e, err := inv.findInFile()
	if err != nil {
		return err
	}
	if e.strict != nil {
		inv.warn("the server lets nobody in by this line: %v", e.strict)
	}
	if inv.options.json {
		return writeJSON(inv.out, toJSON(e))
	}
	_, err = inv.out.WriteString(e.show())
	return err
}

// show returns the account as seventeen rows between empty lines, in the form of the original.
func (e *entry) show() string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, row := range [...]struct{ label, value string }{
		{"Login", e.Login},
		{"Password", e.Hash},
		{"UID", fmt.Sprintf("%d (%s)", e.UID, userName(e.UID))},
		{"GID", fmt.Sprintf("%d (%s)", e.GID, groupName(e.GID))},
		{"Directory", e.Home},
		{"Full name", e.Gecos},
		{"Download bandwidth", fmt.Sprintf("%d Kb (%s)", e.DownloadRate.N/kilobyte, state(e.DownloadRate.Set))},
		{"Upload   bandwidth", fmt.Sprintf("%d Kb (%s)", e.UploadRate.N/kilobyte, state(e.UploadRate.Set))},
		{"Max files", fmt.Sprintf("%d (%s)", e.MaxFiles.N, state(e.MaxFiles.Set))},
		{"Max size", fmt.Sprintf("%d Mb (%s)", e.MaxBytes.N/megabyte, state(e.MaxBytes.Set))},
		{"Ratio", fmt.Sprintf("%d:%d (%s:%s)", e.UploadRatio.N, e.DownloadRatio.N,
			state(e.UploadRatio.N > 0), state(e.DownloadRatio.N > 0))},
		{"Allowed local  IPs", e.addresses(0, e.LocalAllow)},
		{"Denied  local  IPs", e.addresses(1, e.LocalDeny)},
		{"Allowed client IPs", e.addresses(2, e.ClientAllow)},
		{"Denied  client IPs", e.addresses(3, e.ClientDeny)},
		{"Time restrictions", fmt.Sprintf("%04d-%04d (%s)", e.Hours.Begin, e.Hours.End, state(e.Hours.Set))},
		{"Max sim sessions", fmt.Sprintf("%d (%s)", e.MaxSessions.N, state(e.MaxSessions.N > 0))},
	} {
		fmt.Fprintf(&b, "%-18s : %s\n", row.label, row.value)
	}
	b.WriteByte('\n')
	return b.String()
}

// state says whether a limit is in force.
func state(enabled bool) string {
	if enabled {
		return "enabled"
	}
	return "unlimited"
}

// addresses shows one of the four lists: a dash if the line ends before it.
func (e *entry) addresses(which int, l passwdfile.AddressList) string {
	if e.fields <= fieldLocalAllow+which {
		return "-"
	}
	return l.String()
}

// userName and groupName return the system's name of a number, a dash if it has none.
func userName(id uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(id), 10))
	if err != nil {
		return "-"
	}
	return u.Username
}

func groupName(id uint32) string {
	g, err := user.LookupGroupId(strconv.FormatUint(uint64(id), 10))
	if err != nil {
		return "-"
	}
	return g.Name
}
