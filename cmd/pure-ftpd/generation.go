package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"pureftpd/internal/acmecert"
	"pureftpd/internal/auth"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/session"
	"pureftpd/internal/tlsconf"
	"pureftpd/internal/transfer"
	"pureftpd/internal/uploads"
)

// A generation is one set of settings and what is built of them. It is not changed once it is there; a reload makes the next one.
type generation struct {
	options  *options.Options
	read     time.Time // when those were
	handler  *session.Handler
	tls      *tlsconf.Server  // nil if TLS is off
	keeper   *acmecert.Keeper // nil if the certificate does not come by ACME
	accounts *auth.Chain      // nil if something stands for it
	cache    *auth.Cache      // nil without --authcache
	passive  *transfer.Passive
	logs     []*record.AltLog
	courier  *uploads.Courier // nil without -o
	ends     []func() error   // what close does, in this order backwards
}

// build makes a generation of its options, or nothing at all. before is the one whose place it takes, nil at the start. What is
// remarkable is told, line by line.
func (p *parts) build(o *options.Options, before *generation, tell func(message string)) (*generation, error) {
	g := &generation{options: o, read: time.Now()}
	if err := g.fill(p, before, tell); err != nil {
		return nil, errors.Join(err, g.end())
	}
	return g, nil
}

func (g *generation) fill(p *parts, before *generation, tell func(message string)) (err error) {
	o := g.options
	parts := session.Parts{
		Auth:      p.only,
		Roots:     rootfs.NewCache(o.FollowLinksTo...),
		Dialer:    p.dialer,
		Copier:    p.copier,
		Scratch:   p.scratch,
		Log:       p.log,
		Names:     systemNames{p.system},
		Admission: p.places,
		Quotas:    p.quotas,
		Shaper:    p.shaper,
		Registry:  p.registry,
		Bans:      p.bans,
		Tally:     p.tally,
	}
	if parts.AltLogs, err = g.openAltLogs(p, o.AltLogs); err != nil {
		return err
	}
	if before != nil && acmePolicy(before.options) == acmePolicy(o) {
		g.keeper = before.keeper
	} else if g.keeper, err = newKeeper(o, p.log); err != nil {
		return err
	}
	if err = g.openTLS(p, before, tell); err != nil {
		return err
	}
	parts.TLS = g.tls
	g.logs = parts.AltLogs
	if g.passive, err = g.openPassive(p, passiveRange(o)); err != nil {
		return fmt.Errorf("passive ports: %w", err)
	}
	parts.Passive = g.passive
	if parts.Auth == nil {
		if parts.Auth, err = g.openAccounts(p); err != nil {
			return err
		}
	}
	config, err := sessionConfig(o, p.system, p.log)
	if err != nil {
		return err
	}
	if p.places != session.Admission(p.admission) {
		config.FirstNumber = uint64(os.Getpid()) // the only session of the process
	}
	if parts.Uploads, err = g.openUploads(p, o); err != nil {
		return err
	}
	g.handler = session.NewHandler(config, parts)
	return nil
}

// openTLS makes the TLS side anew if its settings are others. Else the old one stays, with its tickets: it reads changed files by
// itself; but what a start would find wrong with them is found here, too.
func (g *generation) openTLS(p *parts, before *generation, tell func(message string)) (err error) {
	if before != nil && before.tls != nil && tlsLevel(g.options) > 0 && tlsPolicy(before.options) == tlsPolicy(g.options) {
		g.tls = before.tls
		return lookAtTLS(g.options, func(message string) { tell("TLS: " + message) })
	}
	g.tls, err = newTLS(g.options, p.log, tell)
	return err
}

// openAccounts makes the chain of -l, with its cache.
func (g *generation) openAccounts(p *parts) (auth.Backend, error) {
	chain, err := p.newChain(g.options)
	if err != nil {
		return nil, err
	}
	g.ends = append(g.ends, func() error { return closeBackends(chain) })
	g.accounts = chain
	if g.cache = newCache(g.options, chain); g.cache == nil {
		return chain, nil
	}
	return g.cache, nil
}

// openPassive shares the ports with the generations that have the same range.
func (g *generation) openPassive(p *parts, r portRange) (*transfer.Passive, error) {
	passive, release, err := p.passives.hold(r, func() (*transfer.Passive, error) {
		return transfer.NewPassive(transfer.Config{
			First: r.first, Last: r.last,
			Report: func(err error) { p.log.WriteString(record.Warning, err.Error()) },
		})
	})
	if err == nil {
		g.ends = append(g.ends, release)
	}
	return passive, err
}

// close gives back what only this generation still holds. Its sessions must have ended.
func (g *generation) close(log *record.Log) {
	if err := g.end(); err != nil {
		log.WriteString(record.Error, err.Error())
	}
}

func (g *generation) end() (err error) {
	for _, end := range slices.Backward(g.ends) {
		err = errors.Join(err, end())
	}
	return err
}
