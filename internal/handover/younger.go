package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"pureftpd/internal/server"
	"pureftpd/internal/transfer"
)

const (
	offerLimit = 10 * time.Second // for the older to make its offer
	maxSockets = 1024             // that are offered
)

// A Taker is a process that takes the place of another. It has the sockets from Take on, and clients from Begin on.
type Taker struct {
	PID     int  // of the older
	Passed  bool // the older had the sockets from a service manager
	Sockets *server.Inherited
	Others  *server.Inherited // those that are not for FTP

	first, last uint16
	link        *link
	orphan      bool // the older ended before "done"

	server  *server.Server
	foreign *transfer.Foreign
	counted map[netip.Addr]int
	talking sync.WaitGroup
	ended   chan struct{} // closed when the older has ended

	mu      sync.Mutex
	running map[uint64]context.CancelFunc // requests for pairs
	given   map[uint64]bool               // those given up meanwhile
}

// Take receives the offer on the connection that Giver.Give has at its other end, and closes it.
func Take(first *net.UnixConn) (*Taker, error) {
	l, err := receiveLink(first)
	if err = errors.Join(err, first.Close()); err != nil {
		return nil, fmt.Errorf("take over: %w", err)
	}
	t := &Taker{
		link: l, counted: make(map[netip.Addr]int), ended: make(chan struct{}),
		running: make(map[uint64]context.CancelFunc), given: make(map[uint64]bool),
	}
	if err := t.receiveOffer(); err != nil {
		t.Refuse(err.Error())
		return nil, fmt.Errorf("take over: %w", err)
	}
	return t, nil
}

// receiveLink receives the end of the socket pair.
func receiveLink(first *net.UnixConn) (*link, error) {
	if err := first.SetDeadline(time.Now().Add(offerLimit)); err != nil {
		return nil, err
	}
	rights := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := first.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return nil, err
	}
	fd, err := descriptor(rights[:n])
	if err != nil {
		return nil, err
	}
	if fd < 0 {
		return nil, errors.New("no link has come")
	}
	return newLink(os.NewFile(uintptr(fd), "link"))
}

func (t *Taker) receiveOffer() error {
	m, err := t.link.await(offerLimit, offer)
	if err != nil {
		return err
	}
	if m.Protocol != protocol {
		return fmt.Errorf("process %d speaks version %d of the hand-over, this one version %d", m.PID, m.Protocol, protocol)
	}
	ftp := m.Count - m.Others
	if m.Others < 0 || ftp < 1 || m.Count > maxSockets {
		return fmt.Errorf("process %d offers %d sockets", m.PID, m.Count)
	}
	t.PID, t.Passed, t.first, t.last = m.PID, m.Passed, m.First, m.Last
	if err := t.link.conn.SetReadDeadline(time.Now().Add(offerLimit)); err != nil {
		return err
	}
	var files []*os.File
	for range m.Count {
		m, fd, err := t.link.receive()
		if err == nil && (m.Kind != sock || fd < 0) {
			err = fmt.Errorf("%q where a socket should come", m.Kind)
		}
		if err != nil {
			closeFiles(files)
			return err
		}
		files = append(files, os.NewFile(uintptr(fd), "socket"))
	}
	if t.Sockets, err = server.Inherit(files[:ftp]); err != nil {
		closeFiles(files[ftp:])
		return err
	}
	t.Others, err = server.Inherit(files[ftp:])
	return err
}

// Refuse ends it before Begin: the older goes on.
func (t *Taker) Refuse(reason string) {
	t.Sockets.Close()
	t.Others.Close()
	t.link.send(message{Kind: no, Text: reason})
	t.link.close()
}

// Begin tells the older that this process is ready, and returns when the older accepts nobody any more. After an error it still
// does. Sockets that nobody has taken are closed.
func (t *Taker) Begin(s *server.Server, passive *transfer.Passive) error {
	t.Sockets.Close()
	t.Others.Close()
	t.server = s
	first, last := passive.Range()
	share := first != 0 && first == t.first && last == t.last
	t.link.send(message{Kind: ready, PID: os.Getpid(), Share: share})
	e, err := t.receiveEstate()
	if gone(err) {
		t.orphan = true // nobody serves the sockets but this process
		err = nil
	}
	if err != nil {
		e.Close()
		return t.fail(err)
	}
	if t.foreign, err = passive.Adopt(e, elder{t.link}); err != nil {
		return t.fail(err)
	}
	if t.orphan {
		clear(t.counted)
		t.lose()
		t.foreign.Start()
		return nil
	}
	for a, n := range t.counted {
		for range n {
			s.Arrived(a)
		}
	}
	t.link.send(message{Kind: begun})
	if err := t.awaitDone(); err != nil && !gone(err) {
		t.lose()
		return fmt.Errorf("take over from process %d: %w", t.PID, err)
	}
	t.foreign.Start()
	t.talking.Go(t.listen) // until the older has ended, or Close
	return nil
}

// gone reports whether the error says that the other end was closed without a word.
func gone(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) }

func (t *Taker) fail(err error) error {
	t.link.send(message{Kind: no, Text: err.Error()})
	t.link.close()
	close(t.ended)
	return fmt.Errorf("take over from process %d: %w", t.PID, err)
}

// lose forgets the older.
func (t *Taker) lose() {
	t.link.close()
	if t.foreign != nil {
		t.foreign.Close()
	}
	for a, n := range t.counted {
		for range n {
			t.server.Left(a)
		}
	}
	clear(t.counted)
	close(t.ended)
}

// receiveEstate receives what follows "ready".
func (t *Taker) receiveEstate() (e transfer.Estate, err error) {
	for {
		if err := t.link.conn.SetReadDeadline(time.Now().Add(stepLimit)); err != nil {
			return e, err
		}
		m, fd, err := t.link.receive()
		if err != nil {
			return e, err
		}
		switch m.Kind {
		case port:
			if fd >= 0 {
				e.Ports = append(e.Ports, transfer.Port{At: m.Local, FD: fd})
			}
			continue
		case pair:
			e.Pairs = append(e.Pairs, m.pair())
		case from:
			t.counted[m.Address]++
		case left:
			t.counted[m.Address]--
		case yours:
			return e, nil
		case no:
			err = &refusal{m.Text}
		default:
			err = fmt.Errorf("%q where the estate should come", m.Kind)
		}
		if fd >= 0 {
			_ = syscall.Close(fd) // none belongs to it
		}
		if err != nil {
			return e, err
		}
	}
}

// awaitDone receives the end of the older's part, and what happens to its sessions meanwhile.
func (t *Taker) awaitDone() error {
	for {
		m, err := t.link.await(stepLimit, "")
		switch {
		case err != nil:
			return err
		case m.Kind == done:
			return nil
		case m.Kind != left:
			return fmt.Errorf("link: %q where %q should come", m.Kind, done)
		}
		t.leave(m.Address)
	}
}

// leave notes that a session of the older has ended.
func (t *Taker) leave(from netip.Addr) {
	if t.counted[from] > 0 {
		t.counted[from]--
		t.server.Left(from)
	}
}

// listen hears the older until the link ends.
func (t *Taker) listen() {
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	defer t.lose()
	defer asking.Wait()
	defer cancel()
	for {
		m, fd, err := t.link.receive()
		if err != nil {
			return
		}
		if fd >= 0 {
			_ = syscall.Close(fd) // the older sends none
		}
		switch m.Kind {
		case reserve:
			ctx := t.begin(ctx, m.ID)
			asking.Go(func() { t.reserve(ctx, m) })
		case release:
			if !t.giveUp(m.ID) {
				t.foreign.Release(m.ID)
			}
		case use:
			t.foreign.Use(m.ID, m.Count, m.Waiting)
		case left:
			t.leave(m.Address)
		}
	}
}

func (t *Taker) begin(ctx context.Context, id uint64) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running[id] = cancel
	return ctx
}

// giveUp ends a request that runs; false means that there is none.
func (t *Taker) giveUp(id uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	cancel := t.running[id]
	if cancel == nil {
		return false
	}
	t.given[id] = true
	cancel()
	return true
}

// reserve answers a request for a pair.
func (t *Taker) reserve(ctx context.Context, m message) {
	at, err := t.foreign.Reserve(ctx, m.ID, transfer.Wanted{
		Local: m.Local.Addr(), Client: m.Address, Any: m.Any, Previous: m.Previous,
	})
	t.mu.Lock()
	given := t.given[m.ID]
	t.running[m.ID]()
	delete(t.running, m.ID)
	delete(t.given, m.ID)
	t.mu.Unlock()
	switch {
	case given:
		t.foreign.Release(m.ID)
	case err != nil:
		t.link.send(message{Kind: refused, ID: m.ID, Text: err.Error()})
	default:
		t.link.send(message{Kind: granted, ID: m.ID, Local: netip.AddrPortFrom(m.Local.Addr(), at)})
	}
}

// Ended is closed when the older has ended.
func (t *Taker) Ended() <-chan struct{} { return t.ended }

// Close ends the link. An older process that still has sessions opens its passive ports itself from then on.
func (t *Taker) Close() {
	t.link.close()
	t.talking.Wait()
}

// An elder is the older process as the passive ports of the younger see it.
type elder struct{ link *link }

// Forward is that of transfer.Older.
func (e elder) Forward(id uint64, fd int, peer netip.AddrPort) {
	e.link.sendFD(message{Kind: conn, ID: id, Peer: peer}, fd)
}

// Lost is that of transfer.Older.
func (e elder) Lost(id uint64) { e.link.send(message{Kind: lost, ID: id}) }
