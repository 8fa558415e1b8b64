package acmecert

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
)

// A stepError is what went wrong with the authority, in one of the steps.
type stepError struct {
	step, name string
	cause      error
}

func (e *stepError) Unwrap() error { return e.cause }
func (e *stepError) Error() string { return e.step + ": " + e.cause.Error() }

// problem returns what the authority complains about.
func problem(err error) (*acme.Error, bool) {
	if z, ok := errors.AsType[*acme.AuthorizationError](err); ok {
		for _, cause := range z.Errors {
			if p, ok := errors.AsType[*acme.Error](cause); ok {
				return p, true
			}
		}
	}
	if o, ok := errors.AsType[*acme.OrderError](err); ok && o.Problem != nil {
		return o.Problem, true
	}
	return errors.AsType[*acme.Error](err)
}

// refusal tells whether the authority has refused, which it counts, and how long it wants to be left alone.
func refusal(err error) (wait time.Duration, refused bool) {
	p, refused := problem(err)
	if refused {
		wait, _ = acme.RateLimit(p)
	}
	return wait, refused
}

// explain makes one line of an error, with its cure.
func explain(err error, c Config) string {
	p, refused := problem(err)
	if !refused {
		return oneLine(err.Error()) + reach(err, c)
	}
	name := c.Names[0]
	if s, ok := errors.AsType[*stepError](err); ok && s.name != "" {
		name = s.name
	}
	kind := p.ProblemType[strings.LastIndexByte(p.ProblemType, ':')+1:]
	text := fmt.Sprintf("the authority says %s: %s", kind, p.Detail)
	for _, sub := range p.Subproblems {
		text += "; " + sub.String()
	}
	if cure := cures(c, name)[strings.ToLower(kind)]; cure != "" {
		text += "; " + cure
	}
	return oneLine(text)
}

// cures are what helps against a problem (RFC 8555, section 6.7), by its type in lower case.
func cures(c Config, name string) map[string]string {
	where := "port 80 of " + name + " at " + c.Address
	switch c.Way {
	case Webroot:
		where = "http://" + name + "/" + webrootFolder + "/ from " + c.Webroot
	case TLSALPN:
		where = "port 443 of " + name + " at " + c.Address
	}
	wrongPlace := "see that the authority finds " + where + ", and not another server"
	return map[string]string{
		"connection": "see that the DNS knows " + name + ", with the address of this machine, and that firewall and router " +
			"let the authority reach " + where,
		"dns":                     "see that the DNS knows " + name + ", with the address of this machine",
		"unauthorized":            wrongPlace,
		"incorrectresponse":       wrongPlace,
		"tls":                     wrongPlace,
		"caa":                     "the DNS names another authority for " + name + " (CAA record): change it, or the authority",
		"rejectedidentifier":      "the authority gives no certificates for this name",
		"ratelimited":             "wait; for tests there are directories without such limits, as of Let's Encrypt's staging",
		"invalidcontact":          "see that the e-mail address is right",
		"unsupportedcontact":      "see that the e-mail address is right",
		"externalaccountrequired": "this authority serves its customers only, which this server cannot prove to be: choose another",
		"useractionrequired":      "read the authority's new terms at " + c.Directory + ", and agree to them there",
		"accountdoesnotexist":     "remove account.key from the storage, and a new account is made",
		"serverinternal":          "wait: it is the authority's own fault",
	}
}

// reach is the cure if the authority could not be asked.
func reach(err error, c Config) string {
	var dns *net.DNSError
	var stranger x509.UnknownAuthorityError
	var roots x509.SystemRootsError
	var op *net.OpError
	switch {
	case errors.As(err, &roots), errors.As(err, &stranger):
		return "; install the authorities that this system trusts (ca-certificates), or name a private one's file in SSL_CERT_FILE"
	case errors.As(err, &dns):
		return "; see that this machine can look up names"
	case errors.As(err, &op) && op.Op == "dial":
		return "; see that this machine can reach " + c.Directory
	case errors.Is(err, context.DeadlineExceeded):
		return "; the authority took too long"
	}
	return ""
}

// oneLine keeps what others wrote from making lines of its own.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}
