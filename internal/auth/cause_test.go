package auth

import (
	"errors"
	"fmt"
	"testing"
)

func TestCauseOf(t *testing.T) {
	odd := errors.New("odd")
	for _, test := range []struct {
		err  error
		want Cause
	}{
		{ErrUnknown, UnknownUser},
		{fmt.Errorf("ldap: %w: %w", ErrUnknown, odd), UnknownUser},
		{fmt.Errorf("unix: %w", &Refusal{Cause: Shell, Reason: "r"}), Shell},
		{Refuse(Hours, "r", odd), Hours},
		{&Refusal{Reason: "r"}, BadRecord},
		{fmt.Errorf("ldap: %w: %w", ErrDown, odd), BackendDown},
		{ErrBroken, BackendDown},
		{odd, BackendDown},
	} {
		if got := CauseOf(test.err); got != test.want {
			t.Errorf("CauseOf(%v) = %q; want %q", test.err, got, test.want)
		}
	}
}
