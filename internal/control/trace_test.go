package control

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

func TestTrace(t *testing.T) {
	l := newLab(t)
	c := l.listen(t)
	lines := l.crowd[0].lines
	lines <- Line{From: "client", Text: "NOOP"}
	var got []Line
	err := c.Trace(t.Context(), 4194307, func(line Line) error {
		if got = append(got, line); len(got) == 1 { // the first one came while the session went on
			lines <- Line{From: "server", Text: "200 Still here", Lost: 5}
			close(lines)
		}
		return nil
	})
	if err != nil || len(got) != 2 || got[0].Text != "NOOP" || got[1].Text != "200 Still here" || got[1].Lost != 5 {
		t.Errorf("Trace = %+v, %v", got, err)
	}
	l.crowd[1].traced = errors.New("enough watch it")
	if err := c.Trace(t.Context(), 4194306, nil); err == nil || err.Error() != "enough watch it" {
		t.Errorf("Trace = %v; want the refusal", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.crowd[2].lines <- Line{Text: "x"}
	if err := c.Trace(ctx, 4194305, func(Line) error { cancel(); return nil }); err != nil {
		t.Errorf("Trace that its reader ends = %v", err)
	}
}

// TestTraceOutlivesTheTimeOfRequests follows a session that says nothing for longer than a request may take.
func TestTraceOutlivesTheTimeOfRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	l := newLab(t)
	c := l.listen(t)
	lines := l.crowd[0].lines
	later := time.AfterFunc(readTimeout+2*time.Second, func() { lines <- Line{Text: "late"}; close(lines) })
	defer later.Stop()
	var got []Line
	if err := c.Trace(t.Context(), 4194307, func(line Line) error { got = append(got, line); return nil }); err != nil || len(got) != 1 {
		t.Errorf("Trace = %v, %v; want the line that came late", got, err)
	}
}

// TestCloseEndsTraces would hang if a reader could hold the server up.
func TestCloseEndsTraces(t *testing.T) {
	l := newLab(t)
	c := l.listen(t)
	l.crowd[0].lines <- Line{Text: "x"}
	begun := make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- c.Trace(context.Background(), 4194307, func(Line) error { close(begun); return nil }) }()
	<-begun
	if err := l.server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the trace ends with %v", err)
	}
}
