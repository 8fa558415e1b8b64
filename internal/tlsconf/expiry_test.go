package tlsconf

import (
	"os"
	"testing"
	"time"
)

// TestExpiry is that of the certificate which expires first, also of those found in a directory, and follows changes.
func TestExpiry(t *testing.T) {
	dir := t.TempDir()
	r := newReloading(t, func(c *Config) { c.Directory = dir })
	first := r.s.current.Load().main.leaf().NotAfter
	if got := r.s.Expiry(); !got.Equal(first) {
		t.Errorf("Expiry = %v; want %v", got, first)
	}
	soon := today().Add(48 * time.Hour).Truncate(time.Second)
	early := issue(t, nil, request{name: "early", dns: []string{"early.example"}, from: today().AddDate(-1, 0, 0), to: soon})
	put(t, in(dir, "early.pem"), early.both(t))
	r.look()
	if got := r.s.Expiry(); !got.Equal(soon) {
		t.Errorf("Expiry = %v; want %v, of the certificate that came", got, soon)
	}
	if err := os.Remove(in(dir, "early.pem")); err != nil {
		t.Fatal(err)
	}
	r.look()
	if got := r.s.Expiry(); !got.Equal(first) {
		t.Errorf("Expiry = %v; want %v again", got, first)
	}
}
