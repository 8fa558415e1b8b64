package auth

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is text that no log and no error may show: it prints as a placeholder, whatever the
// verb. Code that needs the text converts it to a string.
type Secret string

const redacted = "[secret]"

// Format writes the placeholder.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns the placeholder.
func (Secret) String() string { return redacted }

// GoString returns the placeholder.
func (Secret) GoString() string { return redacted }

// LogValue returns the placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns the placeholder.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
