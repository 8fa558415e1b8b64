//go:build backends

package backends

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/auth/sqlauth"
)

// slowFor makes the password query slow for the user slow, and for nobody else.
func (d *database) slowFor() string {
	column := d.engine.column
	return fmt.Sprintf(`%sGetPW SELECT CASE WHEN %s='slow' THEN %s ELSE %s END FROM users WHERE %[2]s='\L'`,
		d.engine.prefix, column("User"), d.engine.sleep, column("Password"))
}

// A slow answer ends one login in bounded time; others are not kept waiting.
func TestSlow(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"}, row{"slow", md5Secret, 2001, 2002, "/home/joe"})
		b := d.backend(t, d.queries(d.engine.prefix+"Timeout 2", d.slowFor()), sqlauth.Parts{})
		var group sync.WaitGroup
		began := time.Now()
		for range 3 {
			group.Go(func() {
				_, err := b.Authenticate(t.Context(), credentials("slow", "secret"))
				mustBreak(t, "slow", err, "no answer in time (2s)", d.engine.prefix+"GetPW")
				if took := time.Since(began); took < 2*time.Second || took > 8*time.Second {
					t.Errorf("a slow answer took %v; want about 2s", took)
				}
			})
		}
		for range 50 {
			at := time.Now()
			if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil || time.Since(at) > 2*time.Second {
				t.Errorf("meanwhile: %v after %v", err, time.Since(at))
			}
		}
		group.Wait()
	})
}

// A server that is stopped while it works, is away, and comes back.
func TestStopped(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"}, row{"slow", md5Secret, 2001, 2002, "/home/joe"})
		b := d.backend(t, d.queries(d.slowFor()), sqlauth.Parts{})
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := b.Authenticate(t.Context(), credentials("slow", "secret"))
			ended <- err
		}()
		time.Sleep(500 * time.Millisecond) // the query has to be running
		d.stop(t, d.kill)
		select {
		case err := <-ended:
			mustBreak(t, "stopped in the middle", err, d.engine.prefix+"GetPW")
		case <-time.After(5 * time.Second):
			t.Error("a login goes on without its server")
			<-ended
		}
		began := time.Now()
		for range 3 {
			_, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
			mustBreak(t, "while it is away", err, "connect", "refused")
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("three logins without a server took %v", took)
		}
		d.run(t)
		if d.engine.prefix == "MYSQL" {
			d.exec(t, "USE pureftpd")
		}
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
			t.Errorf("when it is back: %v", err)
		}
		// One that was away between two logins is not noticed.
		d.stop(t, d.kill)
		d.run(t)
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
			t.Errorf("after it was away for a moment: %v", err)
		}
	})
}

// What an administrator gets wrong has a line of its own, and lets nobody in nor to the next backend.
func TestMisconfigured(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
		p := d.engine.prefix
		for what, c := range map[string]struct{ line, want string }{
			"no such table":     {p + "GetPW SELECT pw FROM nowhere", p + "GetPW"},
			"no such column":    {p + "GetUID SELECT number FROM users WHERE '\\L'='x'", p + "GetUID"},
			"no SQL":            {p + "GetGID SELEKT 1", p + "GetGID"},
			"a wrong password":  {p + "Password wrong", "connect"},
			"no such user":      {p + "User nobody", "connect"},
			"no such host":      {p + "Server nowhere.invalid", "connect"},
			"no such directory": {p + "GetDir SELECT dir FROM nowhere", p + "GetDir"},
		} {
			b := d.backend(t, d.queries(c.line), sqlauth.Parts{})
			_, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
			mustBreak(t, what, err, c.want)
		}
		d.exec(t, d.engine.limitTo1)
		b := d.backend(t, d.queries(), sqlauth.Parts{})
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
			t.Fatal(err)
		}
		full := d.backend(t, d.queries(), sqlauth.Parts{})
		_, err := full.Authenticate(t.Context(), credentials("joe", "secret")) // b keeps the only connection
		mustBreak(t, "too many connections", err, "connect")
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
			t.Errorf("on the connection that is there: %v", err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		d.exec(t, d.engine.revoke)
		_, err = full.Authenticate(t.Context(), credentials("joe", "secret"))
		mustBreak(t, "revoked rights", err, "denied")
	})
}
