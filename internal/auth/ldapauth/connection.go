package ldapauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// A connection is one to the directory, used by one login at a time.
type connection struct {
	*ldap.Conn
	raw net.Conn // its socket, whose deadline also ends what the library does not end
}

// dial connects, and begins TLS if that is to be.
func (c *Config) dial(ctx context.Context) (*connection, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, c.Network, c.Address)
	if err != nil {
		return nil, err
	}
	k := &connection{raw: raw}
	deadline, _ := ctx.Deadline()
	if err = raw.SetDeadline(deadline); err == nil && c.TLS != nil && !c.StartTLS {
		secure := tls.Client(raw, c.TLS)
		if err = secure.HandshakeContext(ctx); err == nil {
			k.Conn = ldap.NewConn(secure, true)
		}
	} else {
		k.Conn = ldap.NewConn(raw, false)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connect to %s: %w", c.Address, err), raw.Close())
	}
	k.Start()
	if c.StartTLS {
		stop := k.endWith(ctx)
		err = k.Conn.StartTLS(c.TLS)
		stop()
		if err != nil {
			k.end()
			return nil, fmt.Errorf("begin TLS with %s: %w", c.Address, err)
		}
	}
	return k, nil
}

// dialAsServer connects, and binds as the server's own entry if it has one.
func (c *Config) dialAsServer(ctx context.Context) (*connection, error) {
	k, err := c.dial(ctx)
	if err != nil || c.BindDN == "" {
		return k, err
	}
	defer k.endWith(ctx)()
	if err := k.Bind(c.BindDN, c.BindPassword); err != nil {
		k.end()
		return nil, fmt.Errorf("bind as LDAPBindDN: %w", err)
	}
	return k, nil
}

// endWith gives the connection the deadline of a context, and ends what runs on it with the context. The function it
// returns undoes both; it tells whether the connection is still of use.
func (k *connection) endWith(ctx context.Context) func() bool {
	deadline, _ := ctx.Deadline()
	failed := k.raw.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = k.raw.Close() })
	return func() bool {
		return stop() && failed == nil && k.raw.SetDeadline(time.Time{}) == nil && !k.IsClosing()
	}
}

// end closes the connection; nothing on it is worth a farewell.
func (k *connection) end() {
	_ = k.raw.Close()
	_ = k.Close() // its goroutines
}

// isAnswer tells whether an error is what the directory says. Any other one says that the connection is broken, in words
// of the library that depend on where it was when that happened.
func isAnswer(err error) bool {
	e, ok := errors.AsType[*ldap.Error](err)
	return ok && e.ResultCode < ldap.ErrorNetwork // the first number that is the library's own
}
