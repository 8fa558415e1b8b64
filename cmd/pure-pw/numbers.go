package main

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"pureftpd/internal/passwdfile"
)

// What the numbers of the command line are multiplied with, in bytes.
const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

// errNumber is the mistake of all numbers, so that none that was mistyped becomes another.
var errNumber = errors.New("not a decimal number")

// parseScaled understands a decimal number and multiplies it.
func parseScaled(value string, unit uint64) (uint64, error) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%q is %w", value, errNumber)
	}
	high, low := bits.Mul64(n, unit)
	if err != nil || high != 0 {
		return 0, fmt.Errorf("%s is too large: the most is %d", value, math.MaxUint64/unit)
	}
	return low, nil
}

// A numberField is a field of a record that holds a number.
type numberField func(*passwdfile.Record) *passwdfile.Number

func uploadRate(r *passwdfile.Record) *passwdfile.Number    { return &r.UploadRate }
func downloadRate(r *passwdfile.Record) *passwdfile.Number  { return &r.DownloadRate }
func uploadRatio(r *passwdfile.Record) *passwdfile.Number   { return &r.UploadRatio }
func downloadRatio(r *passwdfile.Record) *passwdfile.Number { return &r.DownloadRatio }
func maxSessions(r *passwdfile.Record) *passwdfile.Number   { return &r.MaxSessions }
func maxFiles(r *passwdfile.Record) *passwdfile.Number      { return &r.MaxFiles }
func maxBytes(r *passwdfile.Record) *passwdfile.Number      { return &r.MaxBytes }

// fill notes a number, and clear that there shall be none.
func (o *options) fill(field numberField, n uint64) {
	o.edit(func(r *passwdfile.Record) { *field(r) = passwdfile.Number{Set: true, N: n} })
}

func (o *options) clear(field numberField) {
	o.edit(func(r *passwdfile.Record) { *field(r) = passwdfile.Number{} })
}

// setRate makes the set of a bandwidth in KB/s. Empty text removes it; 0 leaves it as it is.
func setRate(field numberField) func(*options, string) error {
	return func(o *options, value string) error {
		if value == "" {
			o.clear(field)
			return nil
		}
		n, err := parseScaled(value, kilobyte)
		if err == nil && n > 0 {
			o.fill(field, n)
		}
		return err
	}
}

// setQuota makes the set of a quota. Empty text removes it; 0 is a quota that lets nothing in.
func setQuota(field numberField, unit uint64) func(*options, string) error {
	return func(o *options, value string) error {
		if value == "" {
			o.clear(field)
			return nil
		}
		n, err := parseScaled(value, unit)
		if err == nil {
			o.fill(field, n)
		}
		return err
	}
}

// setRatio makes the set of one side of the ratio. Empty text removes it.
func setRatio(field numberField) func(*options, string) error {
	return func(o *options, value string) error {
		if value == "" {
			o.clear(field)
			return nil
		}
		n, err := parseCount(value)
		switch {
		case err != nil:
			return err
		case n == 0:
			return errors.New("a ratio is made of numbers from 1 on")
		}
		o.fill(field, n)
		return nil
	}
}

// setSessions is -y. Empty text and 0 remove the limit.
func (o *options) setSessions(value string) error {
	n, err := uint64(0), error(nil)
	if value != "" {
		n, err = parseCount(value)
	}
	switch {
	case err != nil:
		return err
	case n == 0:
		o.clear(maxSessions)
	default:
		o.fill(maxSessions, n)
	}
	return nil
}

// setLogins is -C.
func (o *options) setLogins(value string) error {
	n, err := parseCount(value)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errors.New("at least one login at once")
	}
	o.logins = n
	return nil
}

// setMemory is -M.
func (o *options) setMemory(value string) error {
	n, err := parseCount(value)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errors.New("at least 1 MB")
	}
	o.memory = n
	return nil
}

// parseCount understands a number of 32 bits, which is what the original's tools store.
func parseCount(value string) (uint64, error) {
	n, err := parseScaled(value, 1)
	if err == nil && n > math.MaxUint32 {
		return 0, fmt.Errorf("%s is too large: the most is %d", value, uint32(math.MaxUint32))
	}
	return n, err
}
