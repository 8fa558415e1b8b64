package extauth

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/authd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func login(user, password string) auth.Credentials {
	return auth.Credentials{
		User: user, Password: auth.Secret(password),
		Local: netip.MustParseAddrPort("192.0.2.1:21"), Remote: netip.MustParseAddrPort("[::ffff:192.0.2.2]:40000"),
	}
}

// An asker answers in memory.
type asker func(context.Context, authd.Question) (authd.Answer, error)

func (a asker) Ask(ctx context.Context, q authd.Question) (authd.Answer, error) { return a(ctx, q) }

func yes() authd.Answer {
	return authd.Answer{Verdict: authd.Accepted, UID: 2001, GID: 2002, Home: "/srv/./"}
}

// TestQuestion compares what is asked with what the client showed.
func TestQuestion(t *testing.T) {
	var asked authd.Question
	b := New(Config{Asker: asker(func(_ context.Context, q authd.Question) (authd.Answer, error) {
		asked = q
		return yes(), nil
	})})
	for _, test := range []struct {
		tls        bool
		name, want string // the name of the server, as sent and as asked
	}{
		{false, "", ""},
		{true, "", ""},
		{true, "A.example", "A.example"},
		{true, "a\nencrypted:0", ""},
		{true, "a b", ""},
		{true, "\xff", ""},
		{true, strings.Repeat("a", 256), ""},
		{true, strings.Repeat("a", 255), strings.Repeat("a", 255)},
	} {
		c := login("joe", "se cret")
		c.TLS, c.ServerName = test.tls, test.name
		_, err := b.Authenticate(t.Context(), c)
		want := authd.Question{
			Account: "joe", Password: "se cret", LocalIP: "192.0.2.1", LocalPort: 21, RemoteIP: "192.0.2.2",
			Encrypted: test.tls, ServerName: test.want,
		}
		if asked != want || err != nil {
			t.Errorf("asked %+v, %v; want %+v", asked, err, want)
		}
	}
	c := login("joe", "x")
	c.Remote = netip.MustParseAddrPort("[fe80::1%eth0]:1")
	if _, err := b.Authenticate(t.Context(), c); asked.RemoteIP != "fe80::1" || err != nil {
		t.Errorf("the client is %q, %v; want fe80::1", asked.RemoteIP, err)
	}
}

// TestNothingToAsk has logins that no daemon could be asked about.
func TestNothingToAsk(t *testing.T) {
	b := New(Config{Asker: asker(func(_ context.Context, q authd.Question) (authd.Answer, error) {
		t.Errorf("asked about %q", q.Account)
		return yes(), nil
	})})
	for _, test := range []struct {
		user, password string
		want           error
	}{
		{"joe\nauth_ok:1", "x", auth.ErrUnknown}, {"joe\r", "x", auth.ErrUnknown}, {"joe\x00", "x", auth.ErrUnknown},
		{"\x1b[2J", "x", auth.ErrUnknown}, {"joe\x7f", "x", auth.ErrUnknown},
		{"joe", "x\nend", auth.ErrRefused}, {"joe", "secret\x00", auth.ErrRefused},
	} {
		if a, err := b.Authenticate(t.Context(), login(test.user, test.password)); !errors.Is(err, test.want) || a.Name != "" {
			t.Errorf("Authenticate(%q, %q) = %+v, %v; want %v", test.user, test.password, a, err, test.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	full := yes()
	full.TildeUsers = true
	full.Limits = account.Limits{MaxSessions: account.Limit{Set: true, N: 3}, UploadRate: 5}
	lost := errors.New("lost")
	for _, test := range []struct {
		answer authd.Answer
		err    error
		want   error
		text   string
	}{
		{full, nil, nil, ""},
		{authd.Answer{Verdict: authd.Unknown, Reason: "never heard of"}, nil, auth.ErrUnknown, "never heard of"},
		{authd.Answer{Reason: "no"}, nil, auth.ErrRefused, "no"},
		{authd.Answer{}, lost, auth.ErrDown, "lost"},
		{yes(), lost, auth.ErrDown, "lost"},
		{authd.Answer{}, authd.ErrUTF8, auth.ErrUnknown, "UTF-8"},
	} {
		b := New(Config{
			Asker:  asker(func(context.Context, authd.Question) (authd.Answer, error) { return test.answer, test.err }),
			Groups: func(uid uint32) ([]uint32, error) { return []uint32{uid + 1}, nil },
		})
		a, err := b.Authenticate(t.Context(), login("joe", "secret"))
		if !errors.Is(err, test.want) || err != nil && (a.Name != "" || !strings.Contains(err.Error(), test.text)) {
			t.Errorf("Authenticate = %+v, %v; want %v with %q", a, err, test.want, test.text)
		}
		if test.want != nil {
			continue
		}
		if a.Name != "joe" || a.UID != 2001 || a.GID != 2002 || a.Home != "/srv/./" || !a.SystemNames || a.Limits != full.Limits ||
			len(a.Groups) != 1 || a.Groups[0] != 2002 {
			t.Errorf("Authenticate = %+v", a)
		}
	}
	b := New(Config{
		Asker:  asker(func(context.Context, authd.Question) (authd.Answer, error) { return yes(), nil }),
		Groups: func(uint32) ([]uint32, error) { return nil, lost },
	})
	if _, err := b.Authenticate(t.Context(), login("joe", "secret")); !errors.Is(err, auth.ErrBroken) {
		t.Errorf("Authenticate without groups = %v; want ErrBroken", err)
	}
}

// TestTurns asks about a thousand logins at once: never more than are allowed, and all of them.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, all atomic.Int64
		b := New(Config{Asker: asker(func(context.Context, authd.Question) (authd.Answer, error) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Second)
			now.Add(-1)
			all.Add(1)
			return yes(), nil
		})})
		for range 1000 {
			go func() {
				if _, err := b.Authenticate(t.Context(), login("joe", "secret")); err != nil {
					t.Errorf("Authenticate = %v", err)
				}
			}()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if most.Load() != standardParallel || all.Load() != 1000 {
			t.Errorf("%d were asked about, %d at once; want 1000 and %d", all.Load(), most.Load(), standardParallel)
		}
	})
}

// TestLimit has a daemon that never answers. Nobody waits for longer than a minute, for his turn or for the answer.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Parallel: 1, Asker: asker(func(ctx context.Context, _ authd.Question) (authd.Answer, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			return authd.Answer{}, errors.New("no answer")
		})})
		begun := time.Now()
		texts := make(chan string, 2)
		for range 2 {
			go func() {
				_, err := b.Authenticate(t.Context(), login("joe", "secret"))
				if !errors.Is(err, auth.ErrDown) || time.Since(begun) > 61*time.Second {
					t.Errorf("Authenticate = %v after %v; want ErrDown after a minute", err, time.Since(begun))
				}
				texts <- err.Error()
			}()
		}
		text := <-texts + <-texts
		for _, want := range []string{"no answer (it took longer than 1m0s)", "1 others were being asked about: it took longer than 1m0s"} {
			if !strings.Contains(text, want) {
				t.Errorf("the errors are %q; want %q", text, want)
			}
		}
	})
}

// TestClientGoes ends the question of a client that has gone, and of one that waits for its turn.
func TestClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Parallel: 1, Asker: asker(func(ctx context.Context, _ authd.Question) (authd.Answer, error) {
			<-ctx.Done()
			return authd.Answer{}, errors.New("no answer")
		})})
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			go func() {
				_, err := b.Authenticate(ctx, login("joe", "secret"))
				if !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrDown) || errors.Is(err, auth.ErrUnknown) {
					t.Errorf("Authenticate = %v; want context.Canceled", err)
				}
			}()
		}
		synctest.Wait()
		cancel()
	})
}
