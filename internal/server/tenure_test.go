package server

import (
	"context"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pureftpd/internal/record"
	"pureftpd/internal/session"
)

// A handler goes when another is in place and its last session has ended, not before.
func TestUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := record.Open(record.Config{Output: record.None})
		admission := NewAdmission(0, 0, nil)
		handler := func() *session.Handler {
			return session.NewHandler(session.Config{Idle: time.Hour, Location: time.UTC}, session.Parts{Log: log, Admission: admission})
		}
		s := New(handler(), admission, log)
		halt, end := context.WithCancel(t.Context())
		var over []string
		replace := func(name string) { s.Use(handler(), func() { over = append(over, name) }) }
		come := func() net.Conn {
			client, conn := net.Pipe()
			s.admit(halt, conn, nil)
			go func() { // the greeting
				buf := make([]byte, 512)
				for {
					if _, err := client.Read(buf); err != nil {
						return
					}
				}
			}()
			return client
		}
		first, second := come(), come()
		replace("a")
		third := come()
		replace("b")
		replace("c") // it had no session
		synctest.Wait()
		if !slices.Equal(over, []string{"c"}) {
			t.Errorf("over: %q; want only the one without sessions", over)
		}
		for i, step := range []struct {
			leaves net.Conn
			want   []string
		}{{first, []string{"c"}}, {third, []string{"c", "b"}}, {second, []string{"c", "b", "a"}}} {
			_ = step.leaves.Close()
			synctest.Wait()
			if !slices.Equal(over, step.want) {
				t.Errorf("over after %d clients have left: %q; want %q", i+1, over, step.want)
			}
		}
		end()
		s.running.Wait()
		s.tidier.stop()
		_ = log.Close()
	})
}

// Limits that change count those that are in.
func TestSetLimits(t *testing.T) {
	a := NewAdmission(0, 0, nil)
	from := address(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)})
	for range 3 {
		if v := a.enter(from); v != admitted {
			t.Fatalf("enter without a limit = %d; want admitted", v)
		}
	}
	a.SetLimits(10, 3)
	if v := a.enter(from); v != addressAtMost {
		t.Errorf("enter with -C 3 and three sessions = %d; want %d", v, addressAtMost)
	}
	a.leave(from)
	if v := a.enter(from); v != admitted {
		t.Errorf("enter after one has left = %d; want admitted", v)
	}
	a.SetLimits(2, 0)
	if v := a.enter(from); v != serverFull {
		t.Errorf("enter with -c 2 and three sessions = %d; want %d", v, serverFull)
	}
}
