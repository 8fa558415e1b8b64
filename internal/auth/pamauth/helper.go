package pamauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"pureftpd/internal/pamlink"
)

// Defaults of a Config.
const (
	DefaultParallel = 32          // each is a process of some megabytes
	DefaultLimit    = time.Minute // modules may ask servers, and those a person
)

const (
	startLimit = 10 * time.Second // for the helper to say that it is ready
	grace      = 10 * time.Second // of the helper, which holds to the limit, before the server gives it up
	endLimit   = 10 * time.Second // for the helper to end
)

// errGone says that the helper does not live any more.
var errGone = errors.New("the helper for PAM has ended: restart the server")

// A Config says how to run a helper.
type Config struct {
	Path     string
	Parallel int           // logins that are asked about at a time; 0 means DefaultParallel
	Limit    time.Duration // for PAM's answer; 0 means DefaultLimit
}

// A Helper is a running pure-pamd.
type Helper struct {
	conn  net.Conn
	limit time.Duration
	slots chan struct{} // one for each question that the helper works on
	ended chan struct{} // closed when no more answers come
	cmd   *exec.Cmd     // nil in tests

	writing sync.Mutex // for whole messages

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan pamlink.Answer
}

// Start starts a helper, which must be ready. It must come before identity.NoExec; Close ends it.
func Start(c Config) (*Helper, error) {
	if c.Parallel == 0 {
		c.Parallel = DefaultParallel
	}
	if c.Limit == 0 {
		c.Limit = DefaultLimit
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	cmd := exec.Command(c.Path, "serve", c.Limit.String())
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = os.Stderr
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} // modules' programs know nothing of the server's
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}     // a signal to the server's group is not for it
	err = cmd.Start()
	if err = errors.Join(err, theirs.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("start the helper for PAM: %w", err), ours.Close())
	}
	h := newHelper(ours, c)
	h.cmd = cmd
	if err := h.hello(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", c.Path, err), h.conn.Close(), h.reap())
	}
	go h.listen()
	return h, nil
}

func newHelper(conn net.Conn, c Config) *Helper {
	return &Helper{
		conn: conn, limit: c.Limit, slots: make(chan struct{}, c.Parallel),
		ended: make(chan struct{}), waiting: map[uint64]chan pamlink.Answer{},
	}
}

// socketPair returns the server's and the helper's end of a socket.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "pamlink"), os.NewFile(uintptr(fds[1]), "pamlink")
	defer ours.Close() // FileConn has a copy
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return conn, theirs, nil
}

// hello waits until the helper is ready.
func (h *Helper) hello() error {
	var hello pamlink.Hello
	err := h.conn.SetReadDeadline(time.Now().Add(startLimit))
	if err == nil {
		err = readOne(h.conn, &hello)
	}
	switch {
	case err != nil:
		return fmt.Errorf("it does not say that it is ready: %w", err)
	case hello.Problem != "":
		return errors.New(hello.Problem)
	}
	return h.conn.SetReadDeadline(time.Time{})
}

// readOne reads the first message; the helper sends no other before it is asked.
func readOne(conn net.Conn, message any) error { return pamlink.NewReader(conn).Read(message) }

// Ask implements Asker.
func (h *Helper) Ask(ctx context.Context, q pamlink.Question) (pamlink.Answer, error) {
	select {
	case h.slots <- struct{}{}: // given back with the answer, not with the asker's patience
	case <-h.ended:
		return pamlink.Answer{}, errGone
	case <-ctx.Done():
		return pamlink.Answer{}, fmt.Errorf("wait for the helper for PAM: %w", ctx.Err())
	}
	answer, id := h.expect()
	q.ID = id
	if err := h.send(q); err != nil {
		h.forget(id)
		if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) { // seen here before it is seen by who listens
			return pamlink.Answer{}, errGone
		}
		return pamlink.Answer{}, fmt.Errorf("ask the helper for PAM: %w", err)
	}
	late := time.NewTimer(h.limit + grace)
	defer late.Stop()
	select {
	case a := <-answer:
		return a, nil
	case <-h.ended:
		return pamlink.Answer{}, errGone
	case <-late.C:
		return pamlink.Answer{}, fmt.Errorf("no answer from the helper for PAM in %s", h.limit+grace)
	case <-ctx.Done():
		return pamlink.Answer{}, fmt.Errorf("wait for PAM: %w", ctx.Err())
	}
}

// expect returns where the answer to a new question will come, and the question's number.
func (h *Helper) expect() (answer <-chan pamlink.Answer, id uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	a := make(chan pamlink.Answer, 1)
	h.waiting[h.last] = a
	return a, h.last
}

// forget takes a question back that was not sent.
func (h *Helper) forget(id uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.waiting[id]; ok {
		delete(h.waiting, id)
		<-h.slots
	}
}

func (h *Helper) send(q pamlink.Question) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	if err := h.conn.SetWriteDeadline(time.Now().Add(grace)); err != nil {
		return err
	}
	err := pamlink.Write(h.conn, q)
	if err != nil {
		_ = h.conn.Close() // half a message may have gone: nothing after it would be understood
	}
	return err
}

// listen hands out answers until the helper, or Close, ends the conversation.
func (h *Helper) listen() {
	defer close(h.ended)
	for answers := pamlink.NewReader(h.conn); ; {
		var a pamlink.Answer
		if answers.Read(&a) != nil {
			return
		}
		h.mu.Lock()
		if answer, ok := h.waiting[a.ID]; ok {
			delete(h.waiting, a.ID)
			answer <- a
			<-h.slots
		}
		h.mu.Unlock()
	}
}

// Close ends the helper and what it works on.
func (h *Helper) Close() error {
	err := h.conn.Close()
	<-h.ended
	return errors.Join(err, h.reap())
}

// reap waits for the process. The server may have no right to kill it.
func (h *Helper) reap() error {
	if h.cmd == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- h.cmd.Wait() }()
	select {
	case err := <-done:
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
			return nil // it has said why
		}
		return err
	case <-time.After(endLimit):
		return errors.New("the helper for PAM does not end")
	}
}
