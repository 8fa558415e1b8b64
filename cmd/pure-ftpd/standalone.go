package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
	sdaemon "github.com/coreos/go-systemd/v22/daemon"

	"pureftpd/internal/background"
	"pureftpd/internal/identity"
	"pureftpd/internal/options"
	"pureftpd/internal/pidfile"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
)

// unprivilegedPort is where a server listens that was started without root and told no port.
const unprivilegedPort = 2121

// standalone listens and serves until a signal says otherwise. Sockets and pid file come first; then the process gives up what
// it does not need; only then is a client let in.
func standalone(ctx context.Context, o *options.Options) (err error) {
	signals, hangups := catchSignals(), make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	defer signal.Stop(signals)
	passed, err := passedListeners(activation.Files(true))
	if err != nil {
		return err
	}
	old, err := takeOver(ctx, o, passed)
	if err != nil {
		return err
	}
	defer old.close()
	listeners, err := openListeners(ctx, o, passed, old)
	if err != nil {
		return err
	}
	defer closeListeners(listeners)
	var pid *pidfile.File
	var noPID error    // without root there often is no place for one
	if !old.exists() { // else its own file stands until it has done its part
		if pid, noPID = pidfile.Write(o.PIDFile); noPID != nil && os.Geteuid() == 0 {
			return noPID
		}
	}
	defer func() {
		if pid != nil {
			err = errors.Join(err, asRoot(pid.Remove))
		}
	}()
	p, err := newParts(o, nil, nil)
	if err != nil {
		return err
	}
	defer p.close()
	r, err := openRemote(o, p, "standalone", old.others())
	if err != nil {
		return err
	}
	defer r.close()
	if err := giveUpPrivilege(o, p.log); err != nil {
		return err
	}
	s := server.New(p.handler(), p.admission, p.log)
	again, err := newReloader(ctx, os.Args, p, s)
	if err != nil {
		return err
	}
	defer again.close()
	r.reload = again.reload
	if err := old.begin(s, p); err != nil {
		return err
	}
	if old.exists() {
		noPID = asRoot(func() (err error) {
			pid, err = pidfile.Write(o.PIDFile)
			return err
		})
	}
	if noPID != nil {
		p.log.WriteString(record.Warning, noPID.Error())
	}
	for _, l := range listeners {
		p.log.WriteString(record.Debug, "listening on "+l.Addr().String())
	}
	if err := ready(old.exists()); err != nil {
		if !old.exists() {
			return err
		}
		p.log.WriteString(record.Warning, err.Error()) // nobody else serves any more
	}
	again.watch(hangups, ownTerminal(), stopBy(signals, syscall.SIGHUP))
	r.giver = newGiver(s, p, r.web, len(passed) > 0 || old.exists() && old.Passed, again.retire)
	r.serve(stopBy(signals, drained{}))
	return serveUntilSignal(ctx, p, signals, again.drain, func(ctx, halt context.Context) error {
		err := s.Serve(ctx, halt, listeners)
		old.outlast(ctx, s)
		r.giver.Close()
		old.close()
		return err
	})
}

// openListeners takes the sockets that systemd passed on, to this process or its predecessor, or else has those of -S and the one
// for implicit TLS: from the predecessor, or opened here.
func openListeners(ctx context.Context, o *options.Options, passed []net.Listener, old *predecessor) ([]net.Listener, error) {
	if len(passed) == 0 && old.exists() && old.Passed && !bound(o) {
		passed = old.Sockets.Rest()
	}
	for i, l := range passed {
		if implicitTLS(o, l.Addr()) {
			passed[i] = server.Implicit(l)
		}
	}
	if len(passed) > 0 {
		return passed, nil
	}
	var listeners []net.Listener
	for _, b := range bindings(o) {
		b.From = old.sockets()
		opened, err := server.Listen(ctx, b.Bind)
		if err != nil {
			closeListeners(listeners)
			if b.implicit {
				err = fmt.Errorf("implicit TLS: %w", err)
			}
			return nil, err
		}
		for _, l := range opened {
			if b.implicit {
				l = server.Implicit(l)
			}
			listeners = append(listeners, l)
		}
	}
	return listeners, nil
}

// bindings say where the options have the server listen.
func bindings(o *options.Options) []binding {
	port := "21"
	if os.Geteuid() != 0 {
		port = strconv.Itoa(unprivilegedPort)
	}
	if o.BindPortSet {
		port = strconv.Itoa(int(o.BindPort))
	}
	all := []binding{{server.Bind{Host: o.BindHost, Port: port, IPv4: !o.IPv6Only, IPv6: !o.IPv4Only}, false}}
	if t := o.ImplicitTLS; t != nil {
		all = append(all, binding{
			server.Bind{Host: t.Host, Port: strconv.Itoa(int(t.Port)), IPv4: !o.IPv6Only, IPv6: !o.IPv4Only}, true,
		})
	}
	return all
}

// implicitTLS reports whether clients that came to a local address, by way of a super-server or of systemd, begin with TLS: the
// port tells.
func implicitTLS(o *options.Options, local net.Addr) bool {
	t, ok := local.(*net.TCPAddr)
	return ok && o.ImplicitTLS != nil && t.Port == int(o.ImplicitTLS.Port)
}

// passedListeners makes listeners of the sockets that systemd passed on.
func passedListeners(files []*os.File) (listeners []net.Listener, err error) {
	for _, f := range files {
		listening, failed := syscall.GetsockoptInt(int(f.Fd()), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
		if failed == nil && listening == 0 {
			failed = errors.New("not a listening socket: with Accept=yes the service needs StandardInput=socket")
		}
		if failed == nil {
			// As server.Listen does; a multipath socket refuses it, and then an ABOR sent as urgent data may lose a byte.
			_ = syscall.SetsockoptInt(int(f.Fd()), syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1)
			var l net.Listener
			if l, failed = net.FileListener(f); failed == nil {
				listeners = append(listeners, l)
			}
		}
		if err = errors.Join(failed, f.Close()); err != nil {
			closeListeners(listeners)
			return nil, fmt.Errorf("socket activation: %s: %w", f.Name(), err)
		}
	}
	return listeners, nil
}

func closeListeners(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close() // closed already on the ordinary way out
	}
}

// ready tells whoever waits for the start that it has succeeded: systemd, and under -B the process that was called.
// After a hand-over systemd learns which process is the service now.
func ready(successor bool) error {
	state := sdaemon.SdNotifyReady
	if successor {
		state = fmt.Sprintf("MAINPID=%d\n%s", os.Getpid(), state)
	}
	if _, err := sdaemon.SdNotify(false, state); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return background.Ready()
}

// catchSignals is called before anything is made that must be taken away again at the end.
func catchSignals(more ...os.Signal) chan os.Signal {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, append(more, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)...)
	return signals
}

// serveUntilSignal serves until serve returns. The first signal stops the listening and lets running transfers finish, and drain is
// called before that; a second one ends everything.
func serveUntilSignal(
	ctx context.Context, p *parts, signals <-chan os.Signal, drain func(), serve func(ctx, halt context.Context) error,
) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	halt, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	done := make(chan error, 1)
	go func() { done <- serve(ctx, halt) }()
	for cancel := stop; ; cancel = end {
		select {
		case err := <-done:
			return err
		case sig := <-signals:
			p.log.WriteString(record.Info, "stopping: "+sig.String())
			drain()
			cancel()
		}
	}
}

// giveUpPrivilege makes the process nobody, for good, and keeps it from running programs.
func giveUpPrivilege(o *options.Options, log *record.Log) error {
	err := identity.Drop(identity.Config{
		RootLogins: o.RootLogins(),
	})
	switch {
	case errors.Is(err, identity.ErrUnprivileged):
		log.WriteString(record.Info, err.Error())
	case err != nil:
		return fmt.Errorf("give up privileges: %w", err)
	}
	if err := identity.NoExec(); err != nil {
		return fmt.Errorf("forbid running programs: %w", err)
	}
	return nil
}

// asRoot runs fn with the file access of root, who owns what it touches.
func asRoot(fn func() error) error { return identity.As(&identity.Who{}, fn) }
