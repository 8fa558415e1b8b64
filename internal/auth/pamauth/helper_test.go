package pamauth

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pureftpd/internal/pamlink"
)

// play starts a Helper whose other end is a function of the test.
func play(t *testing.T, c Config, other func(net.Conn)) *Helper {
	t.Helper()
	ours, theirs := net.Pipe()
	h := newHelper(ours, c)
	var group sync.WaitGroup
	group.Go(func() {
		defer theirs.Close()
		other(theirs)
	})
	go h.listen()
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
	})
	return h
}

func question(user string) pamlink.Question { return pamlink.Question{User: []byte(user)} }

func TestAnswersFindTheirQuestions(t *testing.T) {
	const n = 20
	h := play(t, Config{Parallel: n, Limit: time.Minute}, func(c net.Conn) {
		r := pamlink.NewReader(c)
		var questions []pamlink.Question
		for range n {
			var q pamlink.Question
			if err := r.Read(&q); err != nil {
				t.Error(err)
				return
			}
			questions = append(questions, q)
		}
		for i := range questions { // the last first
			q := questions[n-1-i]
			if err := pamlink.Write(c, pamlink.Answer{ID: q.ID, Outcome: pamlink.Denied, Detail: string(q.User)}); err != nil {
				t.Error(err)
			}
		}
	})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			user := strings.Repeat("u", i+1)
			if a, err := h.Ask(t.Context(), question(user)); err != nil || a.Detail != user {
				t.Errorf("Ask(%q) = %+v, %v", user, a, err)
			}
		})
	}
	group.Wait()
}

// A question that nobody waits for any more still takes the helper's time: it counts among the parallel ones.
func TestParallelIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan uint64, 10)
		release := make(chan struct{})
		h := play(t, Config{Parallel: 1, Limit: time.Minute}, func(c net.Conn) {
			r := pamlink.NewReader(c)
			for {
				var q pamlink.Question
				if r.Read(&q) != nil {
					return
				}
				got <- q.ID
				<-release
				if pamlink.Write(c, pamlink.Answer{ID: q.ID, Outcome: pamlink.Denied}) != nil {
					return
				}
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Ask(ctx, question("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Ask = %v; want a deadline", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Ask(ctx, question("b")); !errors.Is(err, context.DeadlineExceeded) || len(got) != 1 {
			t.Errorf("second Ask = %v, %d questions arrived; want 1", err, len(got))
		}
		close(release)
		if a, err := h.Ask(t.Context(), question("c")); err != nil || a.Outcome != pamlink.Denied {
			t.Errorf("third Ask = %+v, %v", a, err)
		}
	})
}

func TestHelperThatIsSilentOrDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		h := play(t, Config{Parallel: 2, Limit: time.Minute}, func(c net.Conn) {
			var q pamlink.Question
			if err := pamlink.NewReader(c).Read(&q); err != nil {
				t.Error(err)
			}
			<-stop
		})
		began := time.Now()
		if _, err := h.Ask(t.Context(), question("a")); err == nil || time.Since(began) > 2*time.Minute {
			t.Errorf("Ask of a silent helper = %v after %s", err, time.Since(began))
		}
		close(stop)
		for range 3 { // more than there are slots
			if _, err := h.Ask(t.Context(), question("b")); err == nil {
				t.Error("a dead helper has an answer")
			}
		}
	})
}

// TestHelperIsFoundDead has who asks find it out before who listens.
func TestHelperIsFoundDead(t *testing.T) {
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close() // Ask may have done so
	h := newHelper(ours, Config{Parallel: 1, Limit: time.Minute})
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Ask(t.Context(), question("joe")); !errors.Is(err, errGone) {
		t.Errorf("Ask = %v; want %v", err, errGone)
	}
}

func TestStartFails(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"/nonexistent/pure-pamd", "no such file"},
		{"/bin/true", "/bin/true: it does not say that it is ready"},
	} {
		if _, err := Start(Config{Path: test.path}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Start(%s) = %v; want %q", test.path, err, test.want)
		}
	}
}
