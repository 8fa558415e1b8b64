package auth

import (
	"context"
	"errors"
	"testing"

	"pureftpd/internal/account"
	"pureftpd/internal/passhash"
)

// An answer is a Backend that says the same to all.
type answer struct {
	account account.Account
	err     error
}

func (a answer) Authenticate(context.Context, Credentials) (account.Account, error) {
	return a.account, a.err
}

// TestSource is told by name: of the backend that lets in, and of the one that refuses; of none where none knows the user.
func TestSource(t *testing.T) {
	unknown, refusing, open := answer{err: ErrUnknown}, answer{err: &Refusal{Cause: Shell}}, answer{account: account.Account{Name: "joe"}}
	for _, test := range []struct {
		links []Link
		want  string
		err   error
	}{
		{[]Link{{"puredb", unknown}, {"unix", open}}, "unix", nil},
		{[]Link{{"puredb", unknown}, {"unix", refusing}}, "unix", ErrRefused},
		{[]Link{{"ldap", answer{err: ErrDown}}, {"unix", open}}, "ldap", ErrDown},
		{[]Link{{"puredb", unknown}, {"unix", unknown}}, "", ErrUnknown},
		{[]Link{{"puredb", unknown}}, "", ErrUnknown},
	} {
		chain := &Chain{Links: test.links, Verifier: passhash.New(passhash.Config{})}
		a, err := chain.Authenticate(t.Context(), Credentials{User: "joe"})
		got := a.Source
		if err != nil {
			got = SourceOf(err)
		}
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v: source %q, %v; want %q, %v", test.links, got, err, test.want, test.err)
		}
	}
}
