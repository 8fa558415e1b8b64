package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/identity"
	"pureftpd/internal/options"
	"pureftpd/internal/server"
)

const (
	tryUser         = "me"
	passwordLetters = 12
)

// try serves one directory to one account that exists in memory only, and tells how to get at it. Nothing is written but
// what clients upload.
func try(ctx context.Context, o *options.Options) error {
	dir, err := tryDirectory(o.TryDir)
	if err != nil {
		return err
	}
	signals := catchSignals(syscall.SIGHUP)
	defer signal.Stop(signals)
	listeners, err := tryListeners(ctx, o)
	if err != nil {
		return err
	}
	defer closeListeners(listeners)
	only := newTryAccount(dir)
	p, err := newParts(o, nil, only)
	if err != nil {
		return err
	}
	defer p.close()
	if err := dir.becomeOwner(); err != nil {
		return err
	}
	r, err := openRemote(o, p, "try", nil)
	if err != nil {
		return err
	}
	defer r.close()
	if err := identity.NoExec(); err != nil {
		return fmt.Errorf("forbid running programs: %w", err)
	}
	addr := listeners[0].Addr().(*net.TCPAddr).AddrPort()
	if !o.BindPortSet && addr.Port() != unprivilegedPort {
		fmt.Printf("Port %d is taken, so this is port %d.\n", unprivilegedPort, addr.Port())
	}
	fmt.Print(instructions(dir.path, only.password, reachable(addr), p.current.Load().tls.Fingerprint()))
	r.serve(stopBy(signals, drained{}))
	return serveUntilSignal(ctx, p, signals, func() {}, func(ctx, halt context.Context) error {
		return server.New(p.handler(), p.admission, p.log).Serve(ctx, halt, listeners)
	})
}

// A directory is what is served on trial, and whose it is.
type directory struct {
	path     string
	uid, gid uint32
}

// tryDirectory finds the directory and its owner.
func tryDirectory(name string) (directory, error) {
	if name == "" {
		name = "."
	}
	path, err := filepath.Abs(name)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return directory{}, fmt.Errorf("serve %s: %w", name, err)
	}
	st, err := os.Stat(path)
	if err != nil {
		return directory{}, fmt.Errorf("serve %s: %w", name, err)
	}
	owner, ok := st.Sys().(*syscall.Stat_t)
	if !ok || !st.IsDir() {
		return directory{}, fmt.Errorf("serve %s: not a directory", name)
	}
	return directory{path, owner.Uid, owner.Gid}, nil
}

// becomeOwner makes the whole process the owner of the directory, if it may: a server on trial has one user only. It is
// done once the port is bound. A directory of root's is served by root.
func (d directory) becomeOwner() error {
	if os.Geteuid() != 0 || d.uid == 0 {
		return nil
	}
	err := syscall.Setgroups(nil)
	if err == nil {
		err = syscall.Setgid(int(d.gid))
	}
	if err == nil {
		err = syscall.Setuid(int(d.uid))
	}
	if err != nil {
		return fmt.Errorf("become the owner of %s: %w", d.path, err)
	}
	return nil
}

// tryListeners listens on this machine only, unless -S says otherwise, and on another port when the usual one is taken.
func tryListeners(ctx context.Context, o *options.Options) ([]net.Listener, error) {
	b := server.Bind{Host: o.BindHost, Port: strconv.Itoa(unprivilegedPort), IPv4: !o.IPv6Only, IPv6: !o.IPv4Only}
	if o.BindPortSet {
		b.Port = strconv.Itoa(int(o.BindPort))
		return server.Listen(ctx, b)
	}
	switch {
	case b.Host != "":
	case o.IPv6Only:
		b.Host = "::1"
	default:
		b.Host, b.IPv6 = "127.0.0.1", false
	}
	listeners, err := server.Listen(ctx, b)
	if errors.Is(err, syscall.EADDRINUSE) {
		b.Port = "0"
		return server.Listen(ctx, b)
	}
	return listeners, err
}

// A tryAccount is the only account of a server on trial. It is an auth.Backend.
type tryAccount struct {
	account  account.Account
	password string
}

func newTryAccount(dir directory) *tryAccount {
	return &tryAccount{
		account:  account.Account{Name: tryUser, UID: dir.uid, GID: dir.gid, Home: dir.path + "/./"},
		password: rand.Text()[:passwordLetters],
	}
}

// Authenticate lets in who has the password that was printed.
func (a *tryAccount) Authenticate(_ context.Context, c auth.Credentials) (account.Account, error) {
	if c.User != tryUser {
		return account.Account{}, auth.ErrUnknown
	}
	if subtle.ConstantTimeCompare([]byte(c.Password), []byte(a.password)) != 1 {
		return account.Account{}, &auth.Refusal{Cause: auth.WrongPassword, Reason: "wrong password"}
	}
	return a.account, nil
}

// reachable is an address that other machines can use where the server listens on all of them.
func reachable(addr netip.AddrPort) netip.AddrPort {
	if !addr.Addr().IsUnspecified() {
		return addr
	}
	found := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), addr.Port())
	own, err := net.InterfaceAddrs()
	if err != nil {
		return found // this machine itself at least
	}
	for _, a := range own {
		if n, err := netip.ParsePrefix(a.String()); err == nil && n.Addr().Is4() && n.Addr().IsGlobalUnicast() {
			return netip.AddrPortFrom(n.Addr(), addr.Port())
		}
	}
	return found
}

// instructions tells how to reach the server, in lines to paste.
func instructions(dir, password string, addr netip.AddrPort, fingerprint string) string {
	host := addr.String()
	login := tryUser + ":" + password
	return fmt.Sprintf(`Serving %s until you press Ctrl-C. The account exists only while this runs:

  user %s, password %s

  curl ftp://%s@%s/             # list
  curl -T FILE ftp://%s@%s/     # upload
  lftp -e 'set ftp:ssl-allow no' ftp://%s@%s    # browse, get, put, mirror
  ftp://%s@%s/                  # for FileZilla or a file manager

Protected by TLS, with a certificate of its own that no authority has signed:

  curl -k --ssl-reqd ftp://%s@%s/
  lftp -e 'set ftp:ssl-force yes; set ssl:verify-certificate no' ftp://%s@%s

Its SHA-256 fingerprint:
%s

What clients do is shown below.
`, dir, tryUser, password, login, host, login, host, login, host, login, host, login, host, login, host,
		fingerprint)
}
