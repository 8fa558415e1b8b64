package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	sdaemon "github.com/coreos/go-systemd/v22/daemon"

	"pureftpd/internal/control"
	"pureftpd/internal/identity"
	"pureftpd/internal/options"
	"pureftpd/internal/pace"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
)

// A reloader puts other settings in force while the server runs: SIGHUP and the control socket ask it to.
type reloader struct {
	parts  *parts
	server *server.Server
	argv   []string
	env    options.Env
	root   bool          // what logins of root take was kept
	halt   func()        // stops keeping the certificate
	keep   func() func() // keeps it from now on, by the keeper of the present generation
	ending atomic.Bool   // the server accepts nobody any more

	mu sync.Mutex // one reload at a time

	done     chan struct{} // closed by close
	watching sync.WaitGroup
}

// newReloader reads the settings again when it is asked to: those of argv, as of a start in the present directory.
func newReloader(ctx context.Context, argv []string, p *parts, s *server.Server) (*reloader, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the directory the server was started in: %w", err)
	}
	r := &reloader{
		parts: p, server: s, argv: argv, env: options.Again(dir, protected),
		root: p.current.Load().options.RootLogins() || !identity.Active(), // else nothing was given up
		halt: func() {},
		keep: func() func() { return sync.OnceFunc(p.current.Load().keepCertificate(ctx)) },
		done: make(chan struct{}),
	}
	return r, nil
}

// drain refuses reloads from now on.
func (r *reloader) drain() { r.ending.Store(true) }

// retire leaves the settings and the certificate to another process, which has taken this one's place.
func (r *reloader) retire() {
	r.drain()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halt()
}

// close ends what watch began.
func (r *reloader) close() {
	r.drain()
	close(r.done)
	r.watching.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halt()
}

// watch keeps the certificate, and reloads at each SIGHUP, until close. One that comes because the terminal was closed stops the server in place of that.
func (r *reloader) watch(hangups <-chan os.Signal, t terminal, stop func()) {
	r.mu.Lock()
	r.halt = r.keep()
	r.mu.Unlock()
	r.watching.Go(func() {
		for {
			select {
			case <-r.done:
				return
			case <-hangups:
			}
			if t.lost() {
				r.log(record.Notice, "the terminal of the server was closed; with -B it would go on in the background")
				stop()
				continue
			}
			_, _ = r.reload() // it has logged what was wrong
		}
	})
}

var errEnding = &control.Error{
	Status: http.StatusConflict, Text: "the server accepts nobody any more: its last sessions keep the settings they have",
}

// reload reads, checks and builds everything a start would, and then puts it in the place of what is there. What is wrong is
// logged and returned, and has changed nothing.
func (r *reloader) reload() (control.Reload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending.Load() { // no failure: nothing is wrong with the settings
		r.log(record.Warning, "not reloaded: "+errEnding.Text)
		return control.Reload{}, errEnding
	}
	r.notify(sdaemon.SdNotifyReloading + "\n" + sdaemon.SdNotifyMonotonicUsec())
	defer r.notify(sdaemon.SdNotifyReady)
	report, err := r.exchange()
	if err != nil {
		r.parts.reloads.failed.Add(1)
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.log(record.Error, "not reloaded: "+line)
		}
		return control.Reload{}, err
	}
	r.parts.reloads.done.Add(1)
	for _, c := range report.Changed {
		r.log(record.Notice, fmt.Sprintf("reloaded: %s is %s, was %s [%s]", c.Name, c.New, c.Old, c.Origin))
	}
	for _, c := range report.Restart {
		r.log(record.Warning, fmt.Sprintf("reloaded: %s needs a restart to become %s, is %s [%s]", c.Name, c.New, c.Old, c.Origin))
	}
	for _, warning := range report.Warnings {
		r.log(record.Warning, "reloaded: "+warning)
	}
	r.log(record.Notice, fmt.Sprintf("reloaded: %d settings changed, %d need a restart", len(report.Changed), len(report.Restart)))
	return report, nil
}

func (r *reloader) log(level record.Level, message string) { r.parts.log.WriteString(level, message) }

// notify tells systemd, if it is there.
func (r *reloader) notify(state string) {
	if _, err := sdaemon.SdNotify(false, state); err != nil {
		r.log(record.Warning, "notify systemd: "+err.Error())
	}
}

// exchange puts the next generation in force.
func (r *reloader) exchange() (report control.Reload, err error) {
	read, err := options.Parse(r.argv, r.env)
	if err != nil {
		return report, err
	}
	old := r.parts.current.Load()
	next := old.options.Succeed(read, options.Running{RootLogins: r.root, PAM: r.parts.pam != nil})
	if _, err := rightsOf(read.Control); err != nil {
		return report, err // a start would fail
	}
	if next.Options.ImplicitTLS != nil && next.Options.TLS == 0 {
		return report, errors.New("TLS cannot be switched off as long as there is a port for implicit TLS, which needs a restart to go")
	}
	report.Warnings = append(next.Notes, read.Warnings...)
	g, err := r.parts.build(next.Options, old, func(message string) { report.Warnings = append(report.Warnings, message) })
	if err != nil {
		return report, err
	}
	for _, c := range next.Changed {
		report.Changed = append(report.Changed, control.Change(c))
	}
	for _, c := range next.Restart {
		report.Restart = append(report.Restart, control.Change(c))
	}
	r.put(g, old)
	return report, nil
}

// put has sessions that begin from now on served by g. What is the whole server's is changed for those that run, too.
func (r *reloader) put(g, old *generation) {
	p, o := r.parts, g.options
	p.current.Store(g)
	p.log.SetVerbose(o.Verbosity > 0)
	p.admission.SetLimits(o.MaxClients, o.MaxClientsPerIP)
	p.bans.Configure(banConfig(o))
	if o.TotalBandwidth != old.options.TotalBandwidth { // else what somebody has set by hand stays
		p.registry.ForgetTotal()
		p.shaper.SetTotal(pace.Rates(o.TotalBandwidth))
	}
	r.server.Use(g.handler, func() { old.close(p.log) })
	if g.keeper != old.keeper {
		r.halt()
		r.halt = r.keep()
	}
}
