package pamauth

import (
	"errors"
	"testing"

	"pureftpd/internal/auth"
)

// A module may take no password for an empty one, so a certificate is nothing to ask PAM about.
func TestCertificateIsNoPassword(t *testing.T) {
	b := &Backend{} // it has nobody to ask
	_, err := b.Authenticate(t.Context(), auth.Credentials{User: "joe", Certified: true})
	if !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("Authenticate = %v; want ErrUnknown, so that the next backend is asked", err)
	}
}
