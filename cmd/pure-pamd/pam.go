//go:build cgo && pam

package main

import (
	"errors"
	"fmt"
	"os/user"
	"runtime"
	"strconv"
	"strings"

	"github.com/msteinert/pam/v2"

	"pureftpd/internal/pamlink"
)

const (
	service  = "pure-ftpd" // the file in pam.d
	terminal = "pure-ftpd" // PAM_TTY: there is none

	maxPrompts = 32  // of one login; a module that asks for more is not asking for anything
	maxHeard   = 512 // bytes of what modules say, for the log
)

// unavailable says why PAM cannot be asked: it can.
func unavailable() string { return "" }

// askPAM takes a login through all phases of PAM. The session is closed as soon as it is open, as the original does: what a
// module sets up for a session's time (a mount, a scope of systemd) would be for a process that ends here anyway.
func askPAM(q pamlink.Question) pamlink.Answer {
	runtime.LockOSThread() // modules may change what belongs to a thread
	c := &conversation{user: string(q.User), password: string(q.Password)}
	t, err := pam.Start(service, c.user, c)
	if err != nil {
		return pamlink.Answer{Outcome: pamlink.Failed, Detail: "start: " + err.Error()}
	}
	a := phases(t, c, q.Client)
	if err := t.End(); err != nil {
		c.hear("end: " + err.Error())
	}
	if c.heard != "" {
		a.Detail = strings.TrimPrefix(a.Detail+"; modules say: "+c.heard, "; ")
	}
	return a
}

func phases(t *pam.Transaction, c *conversation, client string) pamlink.Answer {
	for _, item := range []struct {
		name  pam.Item
		value string
	}{{pam.Tty, terminal}, {pam.Ruser, c.user}, {pam.Rhost, client}} {
		if err := t.SetItem(item.name, item.value); err != nil {
			return pamlink.Answer{Outcome: pamlink.Failed, Detail: "set an item: " + err.Error()}
		}
	}
	if err := t.Authenticate(0); err != nil {
		return pamlink.Answer{Outcome: authOutcome(err), Detail: "authentication: " + err.Error()}
	}
	if err := t.AcctMgmt(0); err != nil {
		return pamlink.Answer{Outcome: accountOutcome(err), Detail: "account: " + err.Error()}
	}
	name, err := t.GetItem(pam.User) // modules may have put the name in order
	if err != nil {
		return pamlink.Answer{Outcome: pamlink.Failed, Detail: "get the name: " + err.Error()}
	}
	entry, err := systemEntry(name)
	if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
		return pamlink.Answer{Outcome: pamlink.NoAccount, Detail: fmt.Sprintf("the system has no account %q", name)}
	} else if err != nil {
		return pamlink.Answer{Outcome: pamlink.Failed, Detail: err.Error()}
	}
	if err := t.SetCred(pam.EstablishCred | pam.Silent); err != nil {
		return pamlink.Answer{Outcome: pamlink.Forbidden, Detail: "credentials: " + err.Error()}
	}
	for _, phase := range []struct {
		name string
		run  func(pam.Flags) error
	}{{"open session", t.OpenSession}, {"close session", t.CloseSession}} {
		if err := phase.run(pam.Silent); err != nil {
			c.hear(phase.name + ": " + err.Error()) // the original does not mind either
		}
	}
	return pamlink.Answer{Outcome: pamlink.Accepted, Entry: entry}
}

// authOutcome says what a failed authentication means.
func authOutcome(err error) pamlink.Outcome {
	switch {
	case is(err, pam.ErrAuth, pam.ErrUserUnknown, pam.ErrPermDenied, pam.ErrCredInsufficient):
		return pamlink.Denied
	case is(err, pam.ErrMaxtries):
		return pamlink.Locked
	}
	return accountOutcome(err)
}

// accountOutcome says what a failed account phase means.
func accountOutcome(err error) pamlink.Outcome {
	switch {
	case is(err, pam.ErrAcctExpired):
		return pamlink.Expired
	case is(err, pam.ErrNewAuthtokReqd, pam.ErrAuthtokExpired):
		return pamlink.NewPassword
	case is(err, pam.ErrPermDenied, pam.ErrAuth, pam.ErrUserUnknown, pam.ErrCredExpired):
		return pamlink.Forbidden
	}
	return pamlink.Failed
}

func is(err error, any ...pam.Error) bool {
	for _, e := range any {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// systemEntry asks the C library, and so every source of nsswitch.conf, for an account.
func systemEntry(name string) (*pamlink.Entry, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	e := &pamlink.Entry{Name: u.Username, Home: u.HomeDir}
	if e.UID, err = number(u.Uid); err != nil {
		return nil, err
	}
	if e.GID, err = number(u.Gid); err != nil {
		return nil, err
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of %q: %w", name, err)
	}
	for _, text := range groups {
		gid, err := number(text)
		if err != nil {
			return nil, err
		}
		if gid != e.GID {
			e.Groups = append(e.Groups, gid)
		}
	}
	return e, nil
}

func number(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err
}

// A conversation answers what modules ask.
type conversation struct {
	user, password string
	prompts        int
	heard          string // what modules had to say
}

// RespondPAM gives the name to a question whose answer may be seen and the password to one whose answer may not.
func (c *conversation) RespondPAM(style pam.Style, message string) (string, error) {
	if c.prompts++; c.prompts > maxPrompts {
		return "", errors.New("too many questions")
	}
	switch style {
	case pam.PromptEchoOn:
		return c.user, nil
	case pam.PromptEchoOff:
		return c.password, nil
	case pam.ErrorMsg, pam.TextInfo:
		c.hear(message)
		return "", nil
	}
	return "", fmt.Errorf("style %d is not known", style)
}

// hear keeps what a module says. One that repeats the password says nothing.
func (c *conversation) hear(message string) {
	message = strings.TrimSpace(message)
	if message == "" || c.password != "" && strings.Contains(message, c.password) {
		return
	}
	if c.heard != "" {
		message = c.heard + " / " + message
	}
	c.heard = message[:min(len(message), maxHeard)]
}
