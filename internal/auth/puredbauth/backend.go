package puredbauth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
	"pureftpd/internal/passwdfile"
	"pureftpd/internal/puredb"
)

// resolveTime bounds the look-up of the host names in a record's rules, all together.
const resolveTime = 5 * time.Second

// A Config names the source and the parts of a Backend.
type Config struct {
	// Source holds the users; nil means the PureDB file at Path.
	Source Source
	Path   string

	// Open opens that file, which may take a privilege: the caller takes it on here, for the opening
	// only. nil means os.Open.
	Open func(path string) (*os.File, error)

	// Text is the text file that the PureDB file at Path is made of. If it is there and newer, that
	// is reported at a login, in a line without its end, once for each change of either file. Stat
	// may take a privilege; nil means os.Stat. An empty Text or a nil Report mean that nobody cares.
	Text   string
	Stat   func(path string) (fs.FileInfo, error)
	Report func(message string)

	Verifier auth.Verifier

	// Groups returns the supplementary groups of the system account that owns a uid. nil means that
	// there are none.
	Groups func(uid uint32) ([]uint32, error)

	Resolver passwdfile.Resolver // of host names in rules; nil means net.DefaultResolver
	Now      func() time.Time    // in the time zone that hours mean; nil means time.Now
}

// A Backend logs in the users of one file.
type Backend struct {
	source   Source
	watch    *watch // nil if there is nothing to watch
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
	if c.Source == nil {
		c.Source = &puredb.Reader{Path: c.Path, Open: c.Open}
	}
	return &Backend{c.Source, newWatch(c), c.Verifier, c.Groups, c.Resolver, c.Now}
}

// Authenticate implements auth.Backend. The password comes first: only who knows it makes the
// server look at the rules and ask for host names.
func (b *Backend) Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	b.watch.look()
	value, err := b.find(c.User)
	if err != nil {
		return account.Account{}, err
	}
	stored, _, _ := strings.Cut(value, ":")
	if err := auth.CheckPassword(ctx, b.verifier, stored, b.SampleHash, c); err != nil {
		return account.Account{}, err
	}
	record, err := passwdfile.Parse(c.User, value)
	if err == nil {
		err = passwdfile.CheckLost(value)
	}
	if err != nil {
		return account.Account{}, auth.Refuse(auth.BadRecord, "the record is damaged", err)
	}
	if err := b.permit(ctx, record, c); err != nil {
		return account.Account{}, err
	}
	groups, err := b.groups(record.UID)
	if err != nil {
		return account.Account{}, fmt.Errorf("%w: groups of uid %d: %w", auth.ErrBroken, record.UID, err)
	}
	return account.Account{
		Name:       record.Login,
		UID:        record.UID,
		GID:        record.GID,
		Groups:     groups,
		Home:       record.Home,
		LegacyHash: passhash.Legacy(stored),
		Limits:     limits(record),
	}, nil
}

// limits are the bounds of a record. A number of 0 is a bound where account.Limits says so.
func limits(r *passwdfile.Record) account.Limits {
	upload, download := r.Rates()
	l := account.Limits{
		MaxSessions:  account.Limit(r.MaxSessions),
		MaxFiles:     account.Limit(r.MaxFiles),
		MaxBytes:     account.Limit(r.MaxBytes),
		UploadRate:   upload.N,
		DownloadRate: download.N,
	}
	if up, down, on := r.Ratio(); on && up > 0 && down > 0 {
		l.UploadRatio, l.DownloadRatio = up, down
	}
	return l
}

// permit applies the record's rules to the client.
func (b *Backend) permit(ctx context.Context, r *passwdfile.Record, c auth.Credentials) error {
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
	cause := auth.Address
	if errors.Is(err, passwdfile.ErrHours) {
		cause = auth.Hours
	}
	return auth.Refuse(cause, "the record's rules", err)
}

// SampleHash implements auth.Sampler: the hash of the file's first record.
func (b *Backend) SampleHash() string {
	value, err := b.source.First()
	if err != nil {
		return ""
	}
	hash, _, _ := strings.Cut(string(value), ":")
	return hash
}
