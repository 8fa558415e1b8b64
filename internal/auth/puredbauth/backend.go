package puredbauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passwdfile"
	"pureftpd/internal/puredb"
)

// resolveTime bounds the look-up of the host names in a record's rules, all together.
const resolveTime = 5 * time.Second

// A Config names the file and the parts of a Backend.
type Config struct {
	Path string

	// Open opens the file, which may take a privilege: the caller takes it on here, for the opening
	// only. nil means os.Open.
	Open func(path string) (*os.File, error)

	Verifier auth.Verifier

	// Groups returns the supplementary groups of the system account that owns a uid. nil means that
	// there are none.
	Groups func(uid uint32) ([]uint32, error)

	Resolver passwdfile.Resolver // of host names in rules; nil means net.DefaultResolver
	Now      func() time.Time    // in the time zone that hours mean; nil means time.Now
}

// A Backend logs in the users of one file.
type Backend struct {
	reader   puredb.Reader
	verifier auth.Verifier
	groups   func(uid uint32) ([]uint32, error)
	resolver passwdfile.Resolver
	now      func() time.Time
}

// New returns a Backend. It does not open the file yet.
func New(c Config) *Backend {
	if c.Groups == nil {
		c.Groups = func(uint32) ([]uint32, error) { return nil, nil }
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Backend{puredb.Reader{Path: c.Path, Open: c.Open}, c.Verifier, c.Groups, c.Resolver, c.Now}
}

// Authenticate implements auth.Backend. The password comes first: only who knows it makes the
// server look at the rules and ask for host names.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	value, err := b.reader.Find(c.User)
	switch {
	case errors.Is(err, puredb.ErrOpen):
		return account.Account{}, fmt.Errorf("%w: %w", auth.ErrBroken, err)
	case errors.Is(err, puredb.ErrNotFound):
		return account.Account{}, auth.ErrUnknown
	case err != nil:
		return account.Account{}, fmt.Errorf("%w: %w: %w", auth.ErrUnknown, auth.ErrDamaged, err)
	}
	stored, _, _ := strings.Cut(string(value), ":")
	if err := auth.CheckPassword(ctx, b.verifier, stored, b.SampleHash, c.Password); err != nil {
		return account.Account{}, err
	}
	record, err := passwdfile.Parse(c.User, string(value))
	if err != nil {
		return account.Account{}, auth.Refuse("the record is damaged", err)
	}
	if err := b.permit(ctx, record, c); err != nil {
		return account.Account{}, err
	}
	groups, err := b.groups(record.UID)
	if err != nil {
		return account.Account{}, fmt.Errorf("%w: groups of uid %d: %w", auth.ErrBroken, record.UID, err)
	}
	return account.Account{
		Name:   record.Login,
		UID:    record.UID,
		GID:    record.GID,
		Groups: groups,
		Home:   record.Home,
		Limits: account.Limits{MaxSessions: account.Limit(record.MaxSessions)},
	}, nil
}

// permit applies the record's rules to the client.
func (b *Backend) permit(ctx context.Context, r *passwdfile.Record, c auth.Credentials) error {
	if feature := unsupported(r); feature != "" {
		return &auth.Refusal{Reason: feature + ": this version cannot hold the user to it"}
	}
	visit := passwdfile.Visit{Local: c.Local.Addr(), Client: c.Remote.Addr(), Time: b.now()}
	bounded, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	err := r.Permit(bounded, visit, b.resolver)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("judge the rules of %q: %w", c.User, ctx.Err())
	}
	return auth.Refuse("the record's rules", err)
}

// unsupported names the first field that asks for what this version does not have, or returns "".
func unsupported(r *passwdfile.Record) string {
	upload, download := r.Rates()
	_, _, ratio := r.Ratio()
	for _, field := range [...]struct {
		used bool
		name string
	}{
		{upload.N > 0, "field 7 (upload bandwidth)"},
		{download.N > 0, "field 8 (download bandwidth)"},
		{ratio, "field 9 (upload ratio)"},
		{r.MaxFiles.Set, "field 12 (files quota)"},
		{r.MaxBytes.Set, "field 13 (size quota)"},
	} {
		if field.used {
			return field.name
		}
	}
	return ""
}

// SampleHash implements auth.Sampler: the hash of the file's first record.
func (b *Backend) SampleHash() string {
	value, err := b.reader.First()
	if err != nil {
		return ""
	}
	hash, _, _ := strings.Cut(string(value), ":")
	return hash
}
