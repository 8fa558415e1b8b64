package pamauth

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/pamlink"
)

// asker answers what a test says, and keeps the question.
type asker struct {
	answer pamlink.Answer
	err    error
	asked  []pamlink.Question
}

func (a *asker) Ask(_ context.Context, q pamlink.Question) (pamlink.Answer, error) {
	a.asked = append(a.asked, q)
	return a.answer, a.err
}

func credentials(user string) auth.Credentials {
	return auth.Credentials{User: user, Password: "secret", Remote: netip.MustParseAddrPort("[::ffff:192.0.2.2]:4000")}
}

func TestAccepted(t *testing.T) {
	a := &asker{answer: pamlink.Answer{
		Outcome: pamlink.Accepted, Entry: &pamlink.Entry{Name: "joe", UID: 2001, GID: 2002, Groups: []uint32{4}, Home: "/home/joe"},
	}}
	got, err := New(a).Authenticate(t.Context(), credentials("Joe"))
	want := account.Account{Name: "Joe", UID: 2001, GID: 2002, Groups: []uint32{4}, Home: "/home/joe", SystemNames: true}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Authenticate = %+v, %v; want %+v", got, err, want)
	}
	if q := a.asked[0]; string(q.User) != "Joe" || string(q.Password) != "secret" || q.Client != "192.0.2.2" {
		t.Errorf("the helper was asked about %+v", q)
	}
}

func TestRefused(t *testing.T) {
	entry := func(uid, gid uint32, home string) *pamlink.Entry {
		return &pamlink.Entry{Name: "joe", UID: uid, GID: gid, Home: home}
	}
	for _, test := range []struct {
		answer pamlink.Answer
		err    error
		want   error
		cause  auth.Cause
	}{
		{answer: pamlink.Answer{Outcome: pamlink.Denied}, want: auth.ErrUnknown, cause: auth.UnknownUser},
		{answer: pamlink.Answer{Outcome: pamlink.NoAccount}, want: auth.ErrUnknown, cause: auth.UnknownUser},
		{answer: pamlink.Answer{Outcome: pamlink.Expired}, want: auth.ErrRefused, cause: auth.Expired},
		{answer: pamlink.Answer{Outcome: pamlink.NewPassword}, want: auth.ErrRefused, cause: auth.PasswordExpired},
		{answer: pamlink.Answer{Outcome: pamlink.Locked}, want: auth.ErrRefused, cause: auth.Locked},
		{answer: pamlink.Answer{Outcome: pamlink.Forbidden}, want: auth.ErrRefused, cause: auth.Forbidden},
		{answer: pamlink.Answer{Outcome: pamlink.Failed}, want: auth.ErrDown, cause: auth.BackendDown},
		{answer: pamlink.Answer{Outcome: "odd", Entry: entry(1, 1, "/")}, want: auth.ErrDown, cause: auth.BackendDown},
		{answer: pamlink.Answer{}, want: auth.ErrDown, cause: auth.BackendDown},
		{answer: pamlink.Answer{Outcome: pamlink.Accepted}, want: auth.ErrDown, cause: auth.BackendDown},
		{err: errGone, want: auth.ErrDown, cause: auth.BackendDown},
		{answer: pamlink.Answer{Outcome: pamlink.Accepted, Entry: entry(0, 1, "/")}, want: auth.ErrRefused, cause: auth.RootID},
		{answer: pamlink.Answer{Outcome: pamlink.Accepted, Entry: entry(1, 0, "/")}, want: auth.ErrRefused, cause: auth.RootID},
		{answer: pamlink.Answer{Outcome: pamlink.Accepted, Entry: entry(1, 1, "x")}, want: auth.ErrRefused, cause: auth.BadRecord},
	} {
		test.answer.Detail = "in PAM's words"
		got, err := New(&asker{answer: test.answer, err: test.err}).Authenticate(t.Context(), credentials("joe"))
		if !errors.Is(err, test.want) || auth.CauseOf(err) != test.cause || got.Name != "" {
			t.Errorf("%+v, %v: Authenticate = %+v, %v; want %v [%s]", test.answer, test.err, got, err, test.want, test.cause)
		}
		if test.err == nil && test.answer.Outcome != pamlink.Accepted && !strings.Contains(err.Error(), test.answer.Detail) {
			t.Errorf("%+v: %v does not say what PAM said", test.answer, err)
		}
	}
}

func TestImplausibleNamesAreNotAsked(t *testing.T) {
	for _, user := range []string{"", "joe\x00", "joe\n", "../joe", "-u", "joe:x", "\x7f", "joe\r\npassword:x"} {
		a := &asker{answer: pamlink.Answer{Outcome: pamlink.Accepted, Entry: &pamlink.Entry{UID: 1, GID: 1, Home: "/"}}}
		_, err := New(a).Authenticate(t.Context(), credentials(user))
		if !errors.Is(err, auth.ErrUnknown) || len(a.asked) != 0 {
			t.Errorf("Authenticate(%q) = %v, asked %d times; want ErrUnknown", user, err, len(a.asked))
		}
	}
	a := &asker{}
	c := credentials("joe")
	c.Password = "secret\x00x"
	if _, err := New(a).Authenticate(t.Context(), c); !errors.Is(err, auth.ErrUnknown) || len(a.asked) != 0 {
		t.Errorf("a zero byte in the password: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New(&asker{}).Authenticate(ctx, credentials("joe"))
	if !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrDown) {
		t.Errorf("Authenticate = %v; want context.Canceled", err)
	}
}
