package handover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"pureftpd/internal/server"
	"pureftpd/internal/transfer"
)

// Bounds of time.
const (
	buildLimit = 2 * time.Minute  // for the younger to build its parts
	stepLimit  = 10 * time.Second // for each step after that, while nobody accepts
)

// A Giver is a server that may be taken over.
type Giver struct {
	Server  *server.Server
	Passive func() *transfer.Passive // the ports that new sessions get
	Others  func() []net.Listener    // that the younger may want, too, besides those for FTP; nil: none
	Passed  bool                     // the sockets came from a service manager: options do not say where they listen
	Log     func(text string)        // what an administrator should know
	Given   func(successor int)      // is called once another process has the sockets

	mu      sync.Mutex
	busy    bool
	ended   bool
	heir    *heir
	talking sync.WaitGroup
	pid     atomic.Int64 // of the process that has the sockets
}

// ErrBusy says that another process is taking the sockets over.
var ErrBusy = errors.New("another process is taking over at this moment")

// Give offers the sockets to a process that is at the other end of the connection that connect makes. It returns when the offer
// is sent. What has become of it is in the log.
func (g *Giver) Give(connect func() (*net.UnixConn, error)) error {
	sockets, others, err := g.begin()
	if err != nil {
		return err
	}
	h, err := g.offer(sockets, others, connect)
	if err != nil {
		g.mu.Lock()
		g.busy = false
		g.mu.Unlock()
		g.talking.Done()
		return err
	}
	go func() { // until the link is closed, by the younger or by Close
		defer g.talking.Done()
		g.talk(h)
	}()
	return nil
}

// begin takes the turn.
func (g *Giver) begin() (sockets, others []*os.File, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended || g.Successor() != 0 {
		return nil, nil, server.ErrEnding
	}
	if g.busy {
		return nil, nil, ErrBusy
	}
	if sockets, err = g.Server.Sockets(); err != nil {
		return nil, nil, err
	}
	if g.Others != nil {
		if others, err = server.Copies(g.Others()); err != nil {
			closeFiles(sockets)
			return nil, nil, err
		}
	}
	g.busy = true
	g.talking.Add(1)
	return sockets, others, nil
}

// offer makes the link and sends the sockets over it.
func (g *Giver) offer(sockets, others []*os.File, connect func() (*net.UnixConn, error)) (*heir, error) {
	files := slices.Concat(sockets, others)
	defer closeFiles(files)
	ends, err := linkPair()
	if err != nil {
		return nil, err
	}
	first, err := connect()
	if err != nil {
		return nil, errors.Join(err, ends[0].Close(), ends[1].Close())
	}
	err = sendFile(first, ends[1])
	if err = errors.Join(err, first.Close(), ends[1].Close()); err != nil {
		return nil, errors.Join(err, ends[0].Close())
	}
	l, err := newLink(ends[0])
	if err != nil {
		return nil, err
	}
	h := &heir{link: l, passive: g.Passive(), asked: make(map[uint64]chan message)}
	low, high := h.passive.Range()
	l.send(message{Kind: offer, Protocol: protocol, PID: os.Getpid(), Count: len(files), Others: len(others), Passed: g.Passed, First: low, Last: high})
	for _, f := range files {
		fd, err := duplicate(f)
		if err != nil {
			l.close()
			return nil, err
		}
		l.sendFD(message{Kind: sock}, fd)
	}
	g.mu.Lock()
	g.heir = h
	g.mu.Unlock()
	return h, nil
}

// closeFiles closes copies.
func closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// sendFile sends one byte and a descriptor.
func sendFile(to *net.UnixConn, f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		_, _, failed = to.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(fd)), nil)
	})
	return errors.Join(err, failed)
}

// duplicate returns another descriptor of a file.
func duplicate(f *os.File) (fd int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	failed := raw.Control(func(own uintptr) {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, own, syscall.F_DUPFD_CLOEXEC, 0)
		if fd = int(n); errno != 0 {
			err = errno
		}
	})
	return fd, errors.Join(failed, err)
}

// talk is the life of a link.
func (g *Giver) talk(h *heir) {
	defer h.link.close()
	pid, err := g.settle(h)
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			g.Log(fmt.Sprintf("no process has taken over, this one goes on: %v", err))
		}
		g.mu.Lock()
		g.heir, g.busy = nil, false
		g.mu.Unlock()
		return
	}
	h.listen()
	if !h.ending.Load() {
		g.Log(fmt.Sprintf("process %d, which had taken over, has ended; this one finishes its sessions", pid))
	}
	h.passive.Alone(h)
}

// settle goes through the steps up to "done". After an error everything is as before.
func (g *Giver) settle(h *heir) (pid int, err error) {
	m, err := h.link.await(buildLimit, ready)
	if err != nil {
		return 0, err
	}
	if err := g.Server.Pause(); err != nil {
		h.link.send(message{Kind: no, Text: err.Error()})
		return 0, err
	}
	frozen := false
	defer func() {
		if err == nil {
			return
		}
		h.link.send(message{Kind: no, Text: err.Error()})
		g.Server.Tell(nil, nil)
		if frozen {
			h.passive.Resume()
		}
		g.Server.Resume()
	}()
	if m.Share {
		e, err := h.passive.Freeze()
		if err != nil {
			return 0, err
		}
		frozen = true
		for _, p := range e.Ports {
			h.link.sendFD(message{Kind: port, Local: p.At}, p.FD)
		}
		for _, p := range e.Pairs {
			h.link.send(pairMessage(p))
		}
	}
	g.Server.Tell(h.tell(from), h.tell(left))
	h.link.send(message{Kind: yours})
	if _, err := h.link.await(stepLimit, begun); err != nil {
		return 0, err
	}
	h.link.send(message{Kind: done})
	if frozen {
		if err := h.passive.Follow(h); err != nil {
			g.Log("passive ports that were handed over: " + err.Error())
		}
	}
	g.pid.Store(int64(m.PID))
	g.Server.Abandon()
	g.Log(fmt.Sprintf("process %d has taken over; this one finishes its sessions", m.PID))
	g.Given(m.PID)
	return m.PID, nil
}

// Successor is the process that has the sockets, or 0.
func (g *Giver) Successor() int { return int(g.pid.Load()) }

// Close ends the link; sessions have ended.
func (g *Giver) Close() {
	g.mu.Lock()
	g.ended = true
	h := g.heir
	g.mu.Unlock()
	if h != nil {
		h.ending.Store(true)
		h.link.close()
	}
	g.talking.Wait()
}

// An heir is the younger process as the older one sees it. It is the transfer.Younger of the older's passive ports.
type heir struct {
	link    *link
	passive *transfer.Passive // that was offered
	ending  atomic.Bool       // this process ends the link

	mu    sync.Mutex
	gone  bool
	asked map[uint64]chan message // answers that are waited for
}

// tell makes a function that sends an address.
func (h *heir) tell(k kind) func(netip.Addr) {
	return func(a netip.Addr) { h.link.send(message{Kind: k, Address: a}) }
}

// listen hears the younger until the link ends.
func (h *heir) listen() {
	defer h.leave()
	for {
		m, fd, err := h.link.receive()
		if err != nil {
			return
		}
		switch {
		case m.Kind == conn && fd >= 0:
			h.passive.Receive(m.ID, fd, m.Peer)
			continue
		case m.Kind == granted, m.Kind == refused:
			h.answer(m)
		case m.Kind == lost:
			h.passive.Lose(m.ID)
		}
		if fd >= 0 {
			_ = syscall.Close(fd) // none belongs to it
		}
	}
}

func (h *heir) answer(m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.asked[m.ID]; c != nil {
		delete(h.asked, m.ID)
		c <- m
	}
}

// leave fails whatever is waited for.
func (h *heir) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone = true
	for _, c := range h.asked {
		close(c)
	}
	clear(h.asked)
}

// Reserve is that of transfer.Younger.
func (h *heir) Reserve(ctx context.Context, id uint64, want transfer.Wanted) (uint16, error) {
	c := make(chan message, 1)
	h.mu.Lock()
	if h.gone {
		h.mu.Unlock()
		return 0, transfer.ErrGone
	}
	h.asked[id] = c
	h.mu.Unlock()
	h.link.send(message{Kind: reserve, ID: id, Local: netip.AddrPortFrom(want.Local, 0), Address: want.Client, Any: want.Any,
		Previous: want.Previous})
	select {
	case m, ok := <-c:
		switch {
		case !ok:
			return 0, transfer.ErrGone
		case m.Kind == refused:
			return 0, &refusal{m.Text}
		}
		return m.Local.Port(), nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	delete(h.asked, id)
	h.mu.Unlock()
	h.Release(id)
	return 0, context.Cause(ctx)
}

// Release is that of transfer.Younger.
func (h *heir) Release(id uint64) { h.link.send(message{Kind: release, ID: id}) }

// Use is that of transfer.Younger.
func (h *heir) Use(id uint64, taken int, waiting bool) {
	h.link.send(message{Kind: use, ID: id, Count: taken, Waiting: waiting})
}
