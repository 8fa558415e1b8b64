package sqlauth

import (
	"context"
	"fmt"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

// What a new hash costs: about a twentieth of a second, and no measuring first.
const (
	newHashMemory = 19456 // KiB
	newHashPasses = 2
)

// storeTimeout bounds the writing of a hash: the user waits for it.
const storeTimeout = 5 * time.Second

// A rehash writes new hashes in place of old ones, one at a time: a storm of first logins must not become a storm of new
// hashes. Who comes meanwhile has his made at another login.
type rehash struct {
	query  query
	report func(string)
	turn   chan struct{}
}

func newRehash(q query, report func(string)) *rehash {
	if q.absent() {
		return nil
	}
	if report == nil {
		report = func(string) {}
	}
	return &rehash{q, report, make(chan struct{}, 1)}
}

// store makes a hash of a password that was right and writes it; the login's own transaction is over. It tells whether that
// is done. A failure is reported and concerns nobody else.
func (r *rehash) store(v *visit, stored string, c auth.Credentials) bool {
	if r == nil {
		return false
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	default:
		return false
	}
	v.pause()
	if err := r.write(v, stored, c); err != nil {
		v.spoilt = true
		r.report(fmt.Sprintf("%s: the hash of [%s] is not made anew: %s: %v", v.b.where, c.User, r.query.key, err))
		return false
	}
	return true
}

func (r *rehash) write(v *visit, stored string, c auth.Credentials) error {
	hash, err := passhash.Make(string(c.Password), passhash.Cost{Memory: newHashMemory, Passes: newHashPasses})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.login, storeTimeout)
	defer cancel()
	v.values[NewHash], v.values[StoredValue] = hash, stored
	changed := int64(0)
	for _, s := range r.query.statements {
		result, err := v.conn.ExecContext(ctx, s.SQL, v.values.of(s)...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		changed += n
	}
	if changed == 0 {
		return fmt.Errorf("no row was changed")
	}
	return nil
}
