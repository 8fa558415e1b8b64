package ldapauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

// DefaultLimit is how long a login may wait for the directory, all in all.
const DefaultLimit = 20 * time.Second

// Parts are what a Backend needs beside its configuration.
type Parts struct {
	Verifier auth.Verifier

	// Groups returns the supplementary groups of the system account that owns a uid. nil means that there are none.
	Groups func(uid uint32) ([]uint32, error)

	Limit time.Duration // 0 means DefaultLimit
}

// A Backend logs in the users of a directory.
type Backend struct {
	config   Config
	parts    Parts
	searches *pool        // bound as the server
	binds    *pool        // bound as whoever logs in
	sample   atomic.Value // string: the last hash that could be verified
}

// New returns a Backend. It does not connect yet.
func New(c Config, p Parts) *Backend {
	if p.Groups == nil {
		p.Groups = func(uint32) ([]uint32, error) { return nil, nil }
	}
	if p.Limit == 0 {
		p.Limit = DefaultLimit
	}
	b := &Backend{config: c, parts: p}
	b.searches, b.binds = newPool(b.config.dialAsServer), newPool(b.config.dial)
	return b
}

// Close ends the connections.
func (b *Backend) Close() error {
	b.searches.close()
	b.binds.close()
	return nil
}

// Authenticate implements auth.Backend. The password comes first: only who knows it has the entry looked at.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	if err := ctx.Err(); err != nil {
		return account.Account{}, err
	}
	if err := checkLogin(c.User); err != nil {
		return account.Account{}, fmt.Errorf("%w: %w", auth.ErrUnknown, err)
	}
	entry, err := b.find(ctx, c.User)
	if err != nil {
		return account.Account{}, err
	}
	legacy, err := b.checkPassword(ctx, entry, c)
	if err != nil {
		return account.Account{}, err
	}
	a, err := b.config.accountOf(c.User, entry)
	if err != nil {
		return account.Account{}, err
	}
	if a.Groups, err = b.parts.Groups(a.UID); err != nil {
		return account.Account{}, fmt.Errorf("%w: groups of uid %d: %w", auth.ErrBroken, a.UID, err)
	}
	a.LegacyHash = legacy
	return a, nil
}

// ask has the directory asked, within the time that a login has for that.
func (b *Backend) ask(ctx context.Context, p *pool, fn func(*connection) error) error {
	deadline := time.Now().Add(b.parts.Limit)
	bounded, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	err := p.use(bounded, fn)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("ask the directory: %w", ctx.Err())
	case !time.Now().Before(deadline): // the socket may have noticed before the context did
		return fmt.Errorf("%w: no answer from %s in %s", auth.ErrDown, b.config.Address, b.parts.Limit)
	}
	return err
}

// find searches the one entry of a login.
func (b *Backend) find(ctx context.Context, login string) (*ldap.Entry, error) {
	request := &ldap.SearchRequest{
		BaseDN: b.config.BaseDN, Scope: ldap.ScopeWholeSubtree, DerefAliases: ldap.NeverDerefAliases,
		SizeLimit: 2, EnforceSizeLimit: true, TimeLimit: int(b.parts.Limit / time.Second),
		Filter: b.config.Filter.For(login), Attributes: attributes(b.config.HomeAttribute),
	}
	var entries []*ldap.Entry
	err := b.ask(ctx, b.searches, func(k *connection) error {
		result, err := k.Search(request)
		if err == nil || errors.Is(err, ldap.ErrSizeLimitExceeded) || ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
			entries = result.Entries
			return nil
		}
		return err
	})
	switch {
	case errors.Is(err, auth.ErrDown):
		return nil, err
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return nil, fmt.Errorf("%w: LDAPBaseDN %q is not there, or is not shown to the server", auth.ErrDown, b.config.BaseDN)
	case err != nil:
		return nil, down(ctx, "search", err)
	case len(entries) == 0:
		return nil, auth.ErrUnknown
	case len(entries) > 1:
		return nil, fmt.Errorf("%w: %w: more than one entry matches LDAPFilter", auth.ErrUnknown, auth.ErrDamaged)
	}
	return entries[0], nil
}

// down makes an error one that ends the login because the directory gives no answer.
func down(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %s: %w", auth.ErrDown, step, err)
}

// checkPassword compares the password, and returns the scheme of its hash if that ought to go. Who has shown a certificate is
// let in where the directory shows that the account is not locked.
func (b *Backend) checkPassword(ctx context.Context, e *ldap.Entry, c auth.Credentials) (legacy string, err error) {
	if b.config.Method == Bind {
		return "", b.bind(ctx, e.DN, string(c.Password))
	}
	stored := value(e, "userPassword")
	if stored == "" {
		return "", fmt.Errorf("%w: its userPassword is not there, or is not shown to the server", auth.ErrUnknown)
	}
	hash, hashed := hashOf(stored)
	if !hashed {
		return "", compare(stored, c)
	}
	if c.Password == "" && !c.Certified {
		return "", &auth.Refusal{Cause: auth.WrongPassword, Reason: "an empty password"}
	}
	if b.parts.Verifier.Check(hash) == nil {
		b.sample.Store(hash)
	}
	if !c.Certified {
		legacy = passhash.Legacy(hash)
	}
	return legacy, auth.CheckPassword(ctx, b.parts.Verifier, hash, b.SampleHash, c)
}

// hashOf takes the hash out of a userPassword that is one.
func hashOf(stored string) (hash string, ok bool) {
	for _, scheme := range []string{"{argon2}", "{scrypt}", "{crypt}"} {
		if len(stored) > len(scheme) && strings.EqualFold(stored[:len(scheme)], scheme) {
			return stored[len(scheme):], true
		}
	}
	return "", false
}

// compare compares a password that is stored as it is. What looks like a hash of another kind is not one: who reads the
// directory must not be able to log in with what he has read.
func compare(stored string, c auth.Credentials) error {
	if stored[0] == '$' || stored[0] == '{' {
		scheme, _, _ := strings.Cut(stored[1:], "}")
		return &auth.Refusal{
			Cause:  auth.BadRecord,
			Reason: fmt.Sprintf("userPassword is a hash of a kind (%.10q) that only the directory can check: LDAPAuthMethod BIND", scheme),
		}
	}
	if c.Certified {
		return nil
	}
	want, got := sha256.Sum256([]byte(stored)), sha256.Sum256([]byte(c.Password)) // of one length
	if c.Password == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return &auth.Refusal{Cause: auth.WrongPassword, Reason: "wrong password"}
	}
	return nil
}

// bind has the directory check the password.
func (b *Backend) bind(ctx context.Context, dn, password string) error {
	if dn == "" || password == "" { // a bind without a password succeeds, as nobody
		return &auth.Refusal{Cause: auth.WrongPassword, Reason: "an empty password"}
	}
	err := b.ask(ctx, b.binds, func(k *connection) error { return k.Bind(dn, password) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, auth.ErrDown):
		return err
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject):
		return &auth.Refusal{Cause: auth.WrongPassword, Reason: "wrong password"}
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultConstraintViolation,
		ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultInappropriateAuthentication):
		return auth.Refuse(auth.Forbidden, "the directory does not let the entry bind", err)
	}
	return down(ctx, "bind as the user", err)
}

// SampleHash implements auth.Sampler: a hash that a login has been compared with.
func (b *Backend) SampleHash() string {
	hash, _ := b.sample.Load().(string)
	return hash
}
