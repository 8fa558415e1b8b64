package main

import (
	"context"
	"net"

	"pureftpd/internal/certd"
	"pureftpd/internal/options"
	"pureftpd/internal/tlsconf"
)

// certificateDaemon asks the daemon of -3; it is nil if there is none.
func certificateDaemon(o *options.Options) func(context.Context, string) (tlsconf.External, error) {
	if o.ExtCert == "" {
		return nil
	}
	client := &certd.Client{Path: o.ExtCert, Dial: dialProtected}
	return func(ctx context.Context, name string) (tlsconf.External, error) {
		answer, err := client.Ask(ctx, name)
		if err != nil {
			return tlsconf.External{}, err
		}
		action := map[certd.Action]tlsconf.Action{
			certd.Deny:     tlsconf.Deny,
			certd.Default:  tlsconf.Default,
			certd.Strict:   tlsconf.Strict,
			certd.Fallback: tlsconf.Fallback,
		}[answer.Action]
		return tlsconf.External{Action: action, Certificate: answer.CertFile, Key: answer.KeyFile}, nil
	}
}

// dialProtected connects to a local socket that only root may use. Connecting to one never waits, so the identity is borrowed
// for a moment only.
func dialProtected(ctx context.Context, path string) (conn net.Conn, err error) {
	err = asRoot(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, "unix", path)
		return err
	})
	return conn, err
}
