package acmecert

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"pureftpd/internal/replace"
)

const (
	attemptLimit = 10 * time.Minute // for all that one certificate takes
	longestSleep = 12 * time.Hour   // between two looks at the file: clocks are set, machines sleep
	lockedPause  = 5 * time.Minute  // while another process does the work
	settlePause  = time.Minute      // from a new certificate to the next look

	firstPause  = time.Minute      // after the authority could not be reached
	refusePause = 10 * time.Minute // after it refused: Let's Encrypt allows five refusals an hour
	longest     = 12 * time.Hour   // between two attempts
)

// A Keeper keeps the certificate.
type Keeper struct {
	Config
	account *ecdsa.PrivateKey
	early   float64 // 0 to 1, so that not all servers of a site renew in the same hour

	// Owned by Run.
	failures int     // attempts that have failed since one did not
	unstored *issued // what could not be stored: authorities count what they issue
}

// An issued is a certificate that the authority has sent.
type issued struct {
	chain [][]byte
	leaf  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// New checks the settings and makes what is not there: the storage, the account's key, the directory in the webroot. It is called
// before privileges are given up.
func New(c Config) (*Keeper, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	k := &Keeper{Config: c.withDefaults(), early: rand.Float64()}
	if err := k.prepare(); err != nil {
		return nil, fmt.Errorf("storage of ACME: %w; let the server's user write there, or name another one", err)
	}
	if k.Way == Webroot {
		if err := k.As(k.prepareWebroot); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// Run keeps the certificate until ctx is done.
func (k *Keeper) Run(ctx context.Context) {
	for {
		timer := time.NewTimer(k.step(ctx))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// step does what is due, and returns how long nothing will be.
func (k *Keeper) step(ctx context.Context) time.Duration {
	old, why := k.stored()
	if why == nil {
		why = k.due(old)
	}
	if why == nil {
		return min(max(k.renewal(old).Sub(k.Now()), settlePause), longestSleep)
	}
	unlock, err := k.lock()
	if errors.Is(err, replace.ErrLocked) {
		return lockedPause
	}
	if err == nil {
		err = errors.Join(k.replace(ctx), unlock())
	}
	if ctx.Err() != nil {
		return 0 // it was not the authority's fault
	}
	if err == nil {
		k.failures = 0
		return settlePause
	}
	k.failures++
	pause := k.pause(err)
	k.Report(fmt.Sprintf("certificate for %s: %s; %s; next attempt in %s", k.Names[0],
		explain(err, k.Config), remains(old, k.Now()), strings.TrimSuffix(pause.Round(time.Minute).String(), "0s")))
	return pause
}

// replace puts a new certificate into the file.
func (k *Keeper) replace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	c := k.unstored
	if c == nil || k.due(c.leaf) != nil {
		var err error
		if c, err = k.obtain(ctx); err != nil {
			return err
		}
	}
	k.unstored = c
	if err := k.store(c); err != nil {
		return fmt.Errorf("store the certificate: %w; make room in %s, or let the server's user write there", err, k.home())
	}
	k.unstored = nil
	k.Note(fmt.Sprintf("certificate for %s: a new one of %s is stored, good until %s",
		strings.Join(k.Names, ", "), c.leaf.Issuer, c.leaf.NotAfter.Format(time.DateOnly)))
	return nil
}

// due says why a new certificate is needed; nil means that it is not.
func (k *Keeper) due(old *x509.Certificate) error {
	if string(old.RawIssuer) == string(old.RawSubject) {
		return errors.New("it is self-signed")
	}
	for _, name := range k.Names {
		if err := old.VerifyHostname(name); err != nil {
			return err
		}
	}
	if now := k.Now(); now.After(k.renewal(old)) {
		return fmt.Errorf("it ends on %s", old.NotAfter.Format(time.DateOnly))
	}
	return nil
}

// renewal is when a certificate has two thirds of its life behind it, or a little less.
func (k *Keeper) renewal(old *x509.Certificate) time.Time {
	life := old.NotAfter.Sub(old.NotBefore)
	return old.NotAfter.Add(-life/3 - time.Duration(k.early*float64(life/30)))
}

// pause is how long nothing is tried after a failure. It doubles.
func (k *Keeper) pause(err error) time.Duration {
	pause := firstPause
	if wait, refused := refusal(err); refused {
		pause = refusePause
		if wait > longest {
			return wait // the authority says so
		}
		pause = max(pause, wait)
	}
	pause <<= min(k.failures-1, 10)
	pause = min(pause, longest)
	return pause + time.Duration(k.early*float64(pause/10))
}

// remains says what clients see meanwhile.
func remains(old *x509.Certificate, now time.Time) string {
	switch {
	case old == nil:
		return "there is none yet"
	case string(old.RawIssuer) == string(old.RawSubject):
		return "a self-signed one is used meanwhile"
	case now.After(old.NotAfter):
		return "the old one ended on " + old.NotAfter.Format(time.DateOnly)
	}
	return "the old one, for " + strings.Join(old.DNSNames, ", ") + ", is good until " + old.NotAfter.Format(time.DateOnly)
}
