package handover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	maxMessage = 8 << 10 // bytes; a reply with an error in it is the longest
	maxQueued  = 1 << 16 // messages that wait for the other end: more than sessions, connections and ports of it together
)

// A link is one end of the socket pair. Sending never waits; one goroutine writes, and one at a time may receive.
type link struct {
	conn *net.UnixConn

	mu     sync.Mutex
	queue  []packet
	busy   bool // some are being sent
	closed bool
	wake   chan struct{} // room for one
	over   chan struct{} // closed when the writer has ended
}

// A packet is a message that waits, and a descriptor to send with it.
type packet struct {
	content []byte
	fd      int // -1: none
	release func()
}

// newLink makes a link of a socket, which it closes.
func newLink(file *os.File) (*link, error) {
	c, err := net.FileConn(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(errors.New("link: no Unix socket"), c.Close())
	}
	l := &link{conn: u, wake: make(chan struct{}, 1), over: make(chan struct{})}
	go l.write() // until close
	return l, nil
}

// linkPair makes both ends.
func linkPair() (ends [2]*os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return ends, fmt.Errorf("link: %w", err)
	}
	for i, fd := range fds {
		ends[i] = os.NewFile(uintptr(fd), "link")
	}
	return ends, nil
}

// send puts a message into the queue.
func (l *link) send(m message) { l.put(m, -1, func() {}) }

// sendFD sends a descriptor along, which is closed afterwards.
func (l *link) sendFD(m message, fd int) {
	l.put(m, fd, func() { _ = syscall.Close(fd) }) // a copy, or a connection that the other end has
}

func (l *link) put(m message, fd int, release func()) {
	content, err := json.Marshal(m)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.closed || len(l.queue) >= maxQueued || len(content) > maxMessage {
		release()
		if !l.closed { // the other end would wait for this in vain
			l.shutLocked()
		}
		return
	}
	l.queue = append(l.queue, packet{content, fd, release})
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// write sends what is in the queue until the link is closed or broken.
func (l *link) write() {
	defer close(l.over)
	for {
		l.mu.Lock()
		queue, closed := l.queue, l.closed
		l.queue = nil
		l.busy = len(queue) > 0
		l.mu.Unlock()
		for i, p := range queue {
			err := l.writePacket(p)
			p.release()
			if err == nil {
				continue
			}
			for _, p := range queue[i+1:] {
				p.release()
			}
			l.fail(err)
			break
		}
		if closed {
			return
		}
		if len(queue) == 0 {
			<-l.wake
		}
	}
}

func (l *link) writePacket(p packet) error {
	var rights []byte
	if p.fd >= 0 {
		rights = syscall.UnixRights(p.fd)
	}
	_, _, err := l.conn.WriteMsgUnix(p.content, rights, nil)
	return err
}

// receive waits for the next message. Its descriptor, -1 without one, is the caller's.
func (l *link) receive() (m message, fd int, err error) {
	content := make([]byte, maxMessage)
	rights := make([]byte, syscall.CmsgSpace(4))
	n, r, flags, _, err := l.conn.ReadMsgUnix(content, rights)
	if errors.Is(err, syscall.ECONNRESET) { // the other end has not read all, and is closed: but what it sent is there
		n, r, flags, _, err = l.conn.ReadMsgUnix(content, rights)
	}
	if err != nil {
		return m, -1, err
	}
	if fd, err = descriptor(rights[:r]); err != nil {
		return m, -1, err
	}
	if n == 0 {
		err = io.EOF
	}
	if flags&(syscall.MSG_TRUNC|syscall.MSG_CTRUNC) != 0 {
		err = errors.New("link: a message is too long")
	}
	if err == nil {
		err = json.Unmarshal(content[:n], &m)
	}
	if err != nil && fd >= 0 {
		_ = syscall.Close(fd) // nobody knows what it is
		fd = -1
	}
	return m, fd, err
}

// descriptor is the one that came with a packet, or -1.
func descriptor(rights []byte) (int, error) {
	if len(rights) == 0 {
		return -1, nil
	}
	messages, err := syscall.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		return -1, errors.Join(errors.New("link: malformed descriptors"), err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		for _, fd := range fds {
			_ = syscall.Close(fd) // nobody knows what it is
		}
		return -1, errors.Join(errors.New("link: malformed descriptors"), err)
	}
	return fds[0], nil
}

// await receives a message of a kind, or any if it is empty, within a time. A refusal is an error.
func (l *link) await(limit time.Duration, want kind) (message, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return message{}, err
	}
	m, fd, err := l.receive()
	if err != nil {
		return m, err
	}
	if fd >= 0 {
		_ = syscall.Close(fd) // none belongs to it
	}
	if m.Kind == no {
		return m, &refusal{m.Text}
	}
	if want != "" && m.Kind != want {
		return m, fmt.Errorf("link: %q where %q should come", m.Kind, want)
	}
	return m, l.conn.SetReadDeadline(time.Time{})
}

// A refusal is what the other end gives as its reason.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

// fail ends the sending after an error. Where the other end has closed the link, what it sent before may still be received.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(err, syscall.EPIPE) {
		l.dropLocked()
	} else {
		l.shutLocked()
	}
}

// dropLocked forgets what waits, and takes no more.
func (l *link) dropLocked() {
	l.closed = true
	for _, p := range l.queue {
		p.release()
	}
	l.queue = nil
}

// shutLocked ends the sending and the receiving.
func (l *link) shutLocked() {
	l.dropLocked()
	_ = l.conn.Close() // whoever receives is told
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// close ends the link. What waits in the queue is sent if the other end takes it soon.
func (l *link) close() {
	l.flush()
	l.mu.Lock()
	l.shutLocked()
	l.mu.Unlock()
	<-l.over
}

// flushLimit bounds what the end of a link waits for.
const flushLimit = time.Second

// flush waits until the queue is empty.
func (l *link) flush() {
	if l.conn.SetWriteDeadline(time.Now().Add(flushLimit)) != nil {
		return // closed
	}
	for end := time.Now().Add(flushLimit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		empty := len(l.queue) == 0 && !l.busy || l.closed
		l.mu.Unlock()
		if empty {
			return
		}
	}
}
