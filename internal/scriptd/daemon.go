package scriptd

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"pureftpd/internal/linemsg"
)

const (
	// clients is how many may be connected at once; others wait in the kernel's queue.
	clients = 256
	// clientLimit is how long one may take over its question, and over reading the answer.
	clientLimit = 10 * time.Second
	// grace is how long running programs may go on after the first signal.
	grace = 3 * time.Second
	// acceptPause follows an accept that failed, as it does when there are no descriptors left.
	acceptPause = 100 * time.Millisecond
)

// A daemon answers.
type daemon struct {
	kind    Kind
	program program
	slots   chan struct{} // one value for each program that runs
	report  func(string)
}

// serveUntilSignal serves. The first signal ends the listening and gives running programs a moment; a second one does not.
func (d *daemon) serveUntilSignal(s *socket, signals <-chan os.Signal) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	halt, end := context.WithCancel(context.Background())
	defer end()
	done := make(chan error, 1)
	go func() { done <- d.serve(ctx, halt, s) }()
	select {
	case err := <-done:
		return err
	case <-signals:
		stop()
	}
	select {
	case err := <-done:
		return err
	case <-signals:
	case <-time.After(grace):
	}
	end()
	return <-done
}

// serve takes clients until ctx is done, and ends the programs of those that are there when halt is.
func (d *daemon) serve(ctx, halt context.Context, s *socket) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer context.AfterFunc(ctx, func() { _ = s.close() })() // ends the Accept below; the error is told by who made the socket
	places := make(chan struct{}, clients)
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := s.Accept()
		switch {
		case err == nil:
			running.Go(func() {
				defer func() { <-places }()
				d.answer(halt, conn)
			})
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			<-places
			d.report(err.Error())
			time.Sleep(acceptPause)
		}
	}
}

// answer serves one client, in one goroutine that halt ends.
func (d *daemon) answer(halt context.Context, conn net.Conn) {
	closing := sync.OnceValue(conn.Close)
	defer func() { _ = closing() }() // a client that has gone needs nothing
	listening := context.AfterFunc(halt, func() { _ = closing() })
	variables, err := d.question(conn)
	listening()
	if err != nil {
		d.report("no answer: " + err.Error())
		return
	}
	given := false
	give := func(answer []byte) {
		given = true
		_ = conn.SetWriteDeadline(time.Now().Add(clientLimit)) // fails on closed connections only, as does Write
		_, _ = conn.Write(answer)
		_ = closing() // before the program has ended: its output is what counts
	}
	if err := d.runProgram(halt, variables, give); err != nil {
		if !given {
			give(d.kind.Failure)
		}
		d.report("no answer: " + err.Error())
	}
}

// runProgram runs the program once it is its turn.
func (d *daemon) runProgram(halt context.Context, variables []string, give func([]byte)) error {
	waiting, cancel := context.WithTimeout(halt, d.program.limit)
	defer cancel()
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-waiting.Done():
		return errors.New("too many programs run already; allow more (--parallel)")
	}
	return d.program.run(halt, variables, give)
}

// question reads one and returns it as the environment of a program.
func (d *daemon) question(conn net.Conn) ([]string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(clientLimit)); err != nil {
		return nil, err
	}
	m, err := linemsg.Read(conn)
	if err == nil && d.kind.Check != nil {
		err = d.kind.Check(m)
	}
	if err != nil {
		return nil, err
	}
	var variables []string
	for _, v := range d.kind.Variables {
		if value, _ := m.Value(v.Key); value != "" {
			variables = append(variables, v.Name+"="+value)
		}
	}
	return variables, nil
}
