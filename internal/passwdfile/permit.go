package passwdfile

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// A Visit is what the rules of a record judge.
type Visit struct {
	Local  netip.Addr // of the server
	Client netip.Addr
	Time   time.Time // in the time zone that the record's hours mean
}

// ErrHours says that it is the time of day that stands against a visit.
var ErrHours = errors.New("outside the hours")

// Permit returns nil if the record's rules let the visit happen; otherwise its error tells the
// administrator which rule stands against it, and wraps ErrHours if that is the time. What cannot be
// decided is not permitted.
func (r *Record) Permit(ctx context.Context, v Visit, resolver Resolver) error {
	for _, side := range [...]struct {
		what        string
		address     netip.Addr
		allow, deny *AddressList
	}{
		{"local address", v.Local, &r.LocalAllow, &r.LocalDeny},
		{"client address", v.Client, &r.ClientAllow, &r.ClientDeny},
	} {
		address := side.address.Unmap().WithZone("")
		if err := permitted(ctx, address, side.allow, side.deny, resolver); err != nil {
			return fmt.Errorf("%s %s: %w", side.what, address, err)
		}
	}
	if !r.Hours.Contain(v.Time) {
		return fmt.Errorf("%s is %w %04d-%04d", v.Time.Format("15:04"), ErrHours, r.Hours.Begin, r.Hours.End)
	}
	return nil
}

// Check tells of the first field that Parse accepted although it lets nobody in: a list of addresses
// with an item that cannot be understood. The error is a *FieldError.
func (r *Record) Check() error {
	for i, l := range r.lists() {
		if err := l.Check(); err != nil {
			return fieldError(firstList+i, err)
		}
	}
	return nil
}

var (
	errNotAllowed = errors.New("not in the list of allowed addresses")
	errDenied     = errors.New("in the list of denied addresses")
)

// permitted asks the two lists about one address: the deny list wins.
func permitted(ctx context.Context, address netip.Addr, allow, deny *AddressList, resolver Resolver) error {
	if !address.IsValid() && (allow.Set || deny.Set) {
		return errors.New("unknown")
	}
	if allow.Set {
		ok, err := allow.match(ctx, address, resolver)
		switch {
		case err != nil:
			return fmt.Errorf("not allowed: %w", err)
		case !ok:
			return errNotAllowed
		}
	}
	if deny.Set {
		ok, err := deny.match(ctx, address, resolver)
		switch {
		case err != nil:
			return fmt.Errorf("perhaps denied: %w", err)
		case ok:
			return errDenied
		}
	}
	return nil
}
