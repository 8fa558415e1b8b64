package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"pureftpd/internal/uploads"
)

// heldEach is how many events for each program that may run are taken from the pipe. More than one keeps programs going while
// some events wait for an earlier one of the same file; what is held is lost if this process is killed.
const heldEach = 4

// A source is where events come from.
type source interface {
	// next waits for an event. Its error is ErrBadRecord, and the next one may be asked for; or the end.
	next(ctx context.Context) (uploads.Event, error)
}

// A runner runs programs for events: at most so many at once, and those of one file one after the other, in order.
type runner struct {
	program program
	retries int
	pause   time.Duration
	report  func(string)
	held    chan struct{} // a value for each event that was taken and is not done
	slots   chan struct{} // a value for each program that runs

	mu   sync.Mutex
	last map[string]chan struct{} // for each file with events the one that came last; closed when it is done
}

func newRunner(r request, path string, report func(string)) *runner {
	held := 1 // with one program at once there is one order
	if r.parallel > 1 {
		held = heldEach * r.parallel
	}
	return &runner{
		program: program{path: path, limit: r.limit, environment: environment(os.Environ())},
		retries: r.retries, pause: r.pause, report: report,
		held: make(chan struct{}, held), slots: make(chan struct{}, r.parallel),
		last: make(map[string]chan struct{}),
	}
}

// serve runs programs until ctx is done, and then waits for those that run or are to run. When halt is done it ends them.
func (w *runner) serve(ctx, halt context.Context, from source) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		select {
		case w.held <- struct{}{}: // before an event is taken: what cannot be run yet stays in the pipe
		case <-ctx.Done():
			return nil
		}
		e, err := from.next(ctx)
		switch {
		case errors.Is(err, uploads.ErrBadRecord):
			<-w.held
			w.report(err.Error())
		case ctx.Err() != nil && err != nil:
			return nil
		case err != nil:
			return fmt.Errorf("read the pipe: %w", err)
		default:
			file := place(e)
			before, done := w.queue(file)
			running.Go(func() {
				defer func() { <-w.held }()
				defer w.finish(file, done)
				if before != nil {
					<-before
				}
				w.slots <- struct{}{}
				defer func() { <-w.slots }()
				w.handle(ctx, halt, file, e.Login)
			})
		}
	}
}

// queue lets an event wait for the one before it of the same file, if there is one.
func (w *runner) queue(file string) (before <-chan struct{}, done chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	done = make(chan struct{})
	if last := w.last[file]; last != nil {
		before = last
	}
	w.last[file] = done
	return before, done
}

func (w *runner) finish(file string, done chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(done)
	if w.last[file] == done {
		delete(w.last, file)
	}
}

// handle runs the program for one file, again if it fails.
func (w *runner) handle(ctx, halt context.Context, file, login string) {
	for tries := 0; ; tries++ {
		variables, err := describe(file, login) // anew for each try: the file may have changed
		if err != nil {
			w.report(fmt.Sprintf("no program was run: %v", err))
			return
		}
		if err = w.program.run(halt, file, variables); err == nil {
			return
		}
		told := fmt.Sprintf("program for %q failed: %v", file, err)
		if tries == w.retries || ctx.Err() != nil {
			w.report(told)
			return
		}
		w.report(fmt.Sprintf("%s; trying again in %v", told, w.pause))
		if !wait(ctx, w.pause) {
			w.report(fmt.Sprintf("program for %q failed and is not tried again: %s ends", file, name))
			return
		}
	}
}

// wait reports whether the time has passed before ctx was done.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
