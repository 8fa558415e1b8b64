package auth

import (
	"testing"
	"time"
)

// TestCacheStats counts what was answered from memory, and what was not.
func TestCacheStats(t *testing.T) {
	now := &clock{time.Unix(1e9, 0)}
	c := NewCache(CacheConfig{Backend: &counted{}, TTL: time.Minute, Now: now.now})
	for _, password := range []string{"secret", "secret", "wrong"} {
		_, _ = c.Authenticate(t.Context(), from("joe", password, "192.0.2.7"))
	}
	now.Time = now.Add(2 * time.Minute)
	_, _ = c.Authenticate(t.Context(), from("joe", "secret", "192.0.2.7")) // forgotten meanwhile
	if got, want := c.Stats(), (CacheStats{Remembered: 1, Recalled: 1, Asked: 3}); got != want {
		t.Errorf("Stats = %+v; want %+v", got, want)
	}
}
