package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pureftpd/internal/account"
	"pureftpd/internal/passhash"
)

func TestSecretIsNeverShown(t *testing.T) {
	c := Credentials{User: "joe", Password: "hunter2"}
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("m", "password", c.Password, "all", c, "pointer", &c)
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{log.String(), string(text), c.Password.String(), c.Password.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, c.Password), fmt.Sprintf(verb, c), fmt.Sprintf(verb, []Secret{"hunter2"}))
	}
	for _, s := range shown {
		if strings.Contains(s, "hunter2") || strings.Contains(strings.ToLower(s), "68756e746572") {
			t.Errorf("%q shows the password", s)
		}
	}
}

// A backend answers what a test says, and counts.
type backend struct {
	answer error
	sample string
	asked  int
}

func (b *backend) Authenticate(_ context.Context, c Credentials) (account.Account, error) {
	b.asked++
	return account.Account{Name: c.User, UID: 1}, b.answer
}

func (b *backend) SampleHash() string { return b.sample }

// counting is a verifier that records which hashes it was asked for.
type counting struct {
	*passhash.Verifier
	hashes []string
}

func (c *counting) Verify(ctx context.Context, stored, password string) (bool, error) {
	c.hashes = append(c.hashes, stored)
	return c.Verifier.Verify(ctx, stored, password)
}

func newCounting() *counting { return &counting{Verifier: passhash.New(passhash.Config{})} }

const md5Secret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/" // of "secret"

func TestChain(t *testing.T) {
	odd := errors.New("odd")
	for _, test := range []struct {
		name    string
		answers []error
		asked   int
		want    error
	}{
		{"first accepts", []error{nil, odd}, 1, nil},
		{"second accepts", []error{ErrUnknown, nil, odd}, 2, nil},
		{"refusal stops", []error{ErrUnknown, &Refusal{Reason: "r"}, nil}, 2, ErrRefused},
		{"down stops", []error{fmt.Errorf("%w: %w", ErrDown, odd), nil}, 1, ErrDown},
		{"broken stops", []error{ErrBroken, nil}, 1, ErrBroken},
		{"any other error stops", []error{odd, nil}, 1, odd},
		{"all unknown", []error{ErrUnknown, fmt.Errorf("%w: %w", ErrUnknown, odd)}, 2, odd},
		{"none", nil, 0, ErrUnknown},
	} {
		var links []Link
		var backends []*backend
		for i, answer := range test.answers {
			b := &backend{answer: answer, sample: md5Secret}
			backends = append(backends, b)
			links = append(links, Link{fmt.Sprint("b", i), b})
		}
		c := Chain{links, newCounting()}
		a, err := c.Authenticate(t.Context(), Credentials{User: "joe", Password: "secret"})
		asked := 0
		for _, b := range backends {
			asked += b.asked
		}
		if !errors.Is(err, test.want) || asked != test.asked || (err == nil) != (a.Name == "joe") {
			t.Errorf("%s: Authenticate = %v, %v after %d; want %v after %d", test.name, a, err, asked, test.want, test.asked)
		}
	}
}

type panics struct{}

func (panics) Authenticate(context.Context, Credentials) (account.Account, error) {
	panic("at the disco")
}

func TestPanicLetsNobodyIn(t *testing.T) {
	second := &backend{}
	c := Chain{[]Link{{"a", panics{}}, {"b", second}}, newCounting()}
	a, err := c.Authenticate(t.Context(), Credentials{User: "joe", Password: "hunter2"})
	if !errors.Is(err, ErrDown) || a.Name != "" || second.asked != 0 || !strings.Contains(err.Error(), "at the disco") ||
		strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Authenticate = %+v, %v; the next backend was asked %d times", a, err, second.asked)
	}
}

func TestUnknownUserTakesARealHash(t *testing.T) {
	const des = "Fl59EP5b.LMeQ"
	for _, test := range []struct {
		samples []string
		want    string
	}{
		{[]string{md5Secret}, md5Secret},
		{[]string{"", "*", des, md5Secret}, md5Secret},
		{[]string{"*"}, decoyHash},
		{nil, decoyHash},
	} {
		v := newCounting()
		c := Chain{Verifier: v}
		for _, sample := range test.samples {
			c.Links = append(c.Links, Link{"b", &backend{answer: ErrUnknown, sample: sample}})
		}
		// Even the password of the sample does not open anything.
		_, err := c.Authenticate(t.Context(), Credentials{User: "joe", Password: "secret"})
		if !errors.Is(err, ErrUnknown) || len(v.hashes) != 1 || v.hashes[0] != test.want {
			t.Errorf("samples %q: %v, verified %q; want %q", test.samples, err, v.hashes, test.want)
		}
	}
}

func TestChainEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	second, v := &backend{}, newCounting()
	c := Chain{[]Link{{"a", &backend{answer: ErrUnknown}}, {"b", second}}, v}
	_, err := c.Authenticate(ctx, Credentials{User: "joe"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknown) || second.asked != 0 || len(v.hashes) != 0 {
		t.Errorf("Authenticate = %v, asked %d, verified %q", err, second.asked, v.hashes)
	}
}

func TestCheckPassword(t *testing.T) {
	sample := func() string { return md5Secret }
	for _, test := range []struct {
		stored   string
		password Secret
		want     error
		verified int
	}{
		{md5Secret, "secret", nil, 1},
		{md5Secret, "wrong", ErrRefused, 1},
		{"*", "secret", passhash.ErrMalformed, 2},
		{"", "", passhash.ErrMalformed, 2},
		{"!" + md5Secret, "secret", passhash.ErrMalformed, 2},
		{"Fl59EP5b.LMeQ", "secret", passhash.ErrScheme, 2},
		{"$7$zU..../....cn3nUKEZAMqBJzchxf0XU0$3ybvPNW9ZU6HpcP3JY.lGw1h/FhYzHDqGHzv.s5vGQC", "s", passhash.ErrBudget, 2},
	} {
		v := newCounting()
		err := CheckPassword(t.Context(), v, test.stored, sample, Credentials{Password: test.password})
		if !errors.Is(err, test.want) || (err != nil && !errors.Is(err, ErrRefused)) || len(v.hashes) != test.verified {
			t.Errorf("CheckPassword(%q) = %v, verified %q; want %v", test.stored, err, v.hashes, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := CheckPassword(ctx, newCounting(), md5Secret, sample, Credentials{Password: "secret"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrRefused) {
		t.Errorf("CheckPassword with a cancelled context = %v", err)
	}
}

func TestDecoyHashIsUsable(t *testing.T) {
	v := passhash.New(passhash.Config{})
	if ok, err := v.Verify(t.Context(), decoyHash, ""); ok || err != nil {
		t.Errorf("Verify(decoyHash) = %v, %v; want false", ok, err)
	}
}
