package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"pureftpd/internal/acmecert"
	"pureftpd/internal/identity"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
)

// keepsCertificate tells whether the server's certificate comes by ACME.
func keepsCertificate(o *options.Options) bool { return len(o.ACME.Names) > 0 && o.TLS > 0 && !o.Try }

// newKeeper makes what keeps the certificate; it is nil if nothing does. Its files are root's if the server was started as root.
func newKeeper(o *options.Options, log *record.Log) (*acmecert.Keeper, error) {
	if !keepsCertificate(o) {
		return nil, nil
	}
	k, err := acmecert.New(acmeConfig(o, log))
	if err != nil {
		return nil, fmt.Errorf("%w: ACME: %w", errTLS, err)
	}
	return k, nil
}

// acmePolicy tells settings of ACME apart.
func acmePolicy(o *options.Options) string { return fmt.Sprintf("%t %+v", keepsCertificate(o), o.ACME) }

// acmeConfig hands ACME the settings it needs.
func acmeConfig(o *options.Options, log *record.Log) acmecert.Config {
	c := acmecert.Config{
		Names:     o.ACME.Names,
		Email:     o.ACME.Email,
		Directory: o.ACME.Directory,
		Agreed:    o.ACME.Agreed,
		Storage:   o.ACME.Storage,
		Way: map[options.ACMEChallenge]acmecert.Way{
			options.ACMEHTTP:    acmecert.HTTP,
			options.ACMEWebroot: acmecert.Webroot,
			options.ACMETLSALPN: acmecert.TLSALPN,
		}[o.ACME.Challenge],
		Webroot: o.ACME.Webroot,
		As:      asRoot,
		Listen:  listenLow,
		Report:  func(message string) { log.WriteString(record.Warning, "ACME: "+message) },
		Note:    func(message string) { log.WriteString(record.Notice, "ACME: "+message) },
	}
	if l := o.ACME.Listen; l != (options.Bind{}) {
		port := int(l.Port)
		if port == 0 {
			port = map[options.ACMEChallenge]int{options.ACMEHTTP: 80, options.ACMETLSALPN: 443}[o.ACME.Challenge]
		}
		c.Address = net.JoinHostPort(l.Host, strconv.Itoa(port))
	}
	return c
}

// listenLow opens a port that only root may open.
func listenLow(ctx context.Context, address string) (l net.Listener, err error) {
	err = identity.With(identity.BindLow, func() error {
		l, err = new(net.ListenConfig).Listen(ctx, "tcp", address)
		return err
	})
	return l, err
}

// keepCertificate keeps the certificate until stop is called.
func (g *generation) keepCertificate(ctx context.Context) (stop func()) {
	if g.keeper == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.keeper.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
