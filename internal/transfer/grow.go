package transfer

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// dynamic is the first of the dynamic ports (RFC 6335, 6).
const dynamic = 49152

// maxTries bounds the numbers tried when the kernel has no port to offer.
const maxTries = 64

// again is how long a port of the range that could not be opened is passed over.
const again = 10 * time.Second

// mayGrowLocked reports whether another port can be opened for this address.
func (p *Passive) mayGrowLocked(ports *pool, now time.Duration) bool {
	if ports.pause > now {
		return false
	}
	if p.stats.Listeners >= p.cfg.MaxListeners && (len(ports.open) > 0 || p.spareLocked(ports) == nil) {
		return false
	}
	if p.cfg.First == 0 {
		return true
	}
	_, ok := p.nextLocked(ports, now)
	return ok
}

// nextLocked returns the next port to open: of the range, one that is not open and not known to be
// bad; without a range 0, unless the kernel has just found no free port: it does not choose one that
// is only occupied by connections that have ended, which nonetheless can be bound by its number.
func (p *Passive) nextLocked(ports *pool, now time.Duration) (uint16, bool) {
	if p.cfg.First == 0 {
		if !ports.crowded {
			return 0, true
		}
		port := dynamic + uint16(rand.Uint32N(1<<16-dynamic))
		return port, !ports.used[port]
	}
	n := int(p.cfg.Last-p.cfg.First) + 1
	if len(ports.used) >= n {
		return 0, false
	}
	for i := range n {
		at := (int(ports.cursor) + i) % n
		port := p.cfg.First + uint16(at)
		if bad, known := ports.bad[port]; !ports.used[port] && (!known || bad <= now) {
			ports.cursor = uint16(at)
			return port, true
		}
	}
	return 0, false
}

// spareLocked returns an unused port of another address, which may be closed when the number of
// listeners is at its bound and an address has none.
func (p *Passive) spareLocked(ports *pool) *listener {
	for _, other := range p.pools {
		if other == ports || len(other.open) < 2 {
			continue
		}
		for _, port := range other.open {
			if port.held == 0 {
				return port
			}
		}
	}
	return nil
}

// closeSpare makes room for a port of an address that has none.
func (p *Passive) closeSpare(ports *pool) error {
	p.mu.Lock()
	var spare *listener
	if p.stats.Listeners >= p.cfg.MaxListeners {
		spare = p.spareLocked(ports)
	}
	if spare != nil {
		other := p.pools[spare.at.Addr()]
		for i, port := range other.open {
			if port == spare {
				other.open = append(other.open[:i:i], other.open[i+1:]...)
				break
			}
		}
		delete(other.used, spare.at.Port())
		p.stats.Listeners--
	}
	p.mu.Unlock()
	if spare == nil {
		return nil
	}
	return spare.file.Close()
}

// grow opens one more port of the address. Ports that somebody else has are reported and passed
// over. Any other failure ends the attempt for a while; chooseLocked then does without.
func (p *Passive) grow(ports *pool) error {
	if err := p.closeSpare(ports); err != nil {
		return err
	}
	for tries := 0; ; tries++ {
		p.mu.Lock()
		number, ok := p.nextLocked(ports, p.now())
		if !ok || p.closed {
			p.mu.Unlock()
			return nil // find looks again and sees why
		}
		if number != 0 {
			ports.used[number] = true
		}
		ports.opening++
		p.mu.Unlock()

		port, err := listen(netip.AddrPortFrom(ports.addr, number), p.cfg.Backlog)
		if err == nil {
			return p.opened(ports, port)
		}
		if !p.failed(ports, number, err, tries) {
			return nil
		}
	}
}

// opened books a new port and starts its accept loop.
func (p *Passive) opened(ports *pool, port *listener) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ports.opening--
	if p.closed {
		return errors.Join(net.ErrClosed, port.file.Close())
	}
	port.p = p
	ports.failure, ports.crowded = nil, false
	ports.used[port.at.Port()] = true
	ports.open = append(ports.open, port)
	p.stats.Listeners++
	p.loops.Go(port.serve)
	return nil
}

// failed books a port that could not be opened and says whether another one is worth trying.
func (p *Passive) failed(ports *pool, number uint16, err error, tries int) bool {
	p.mu.Lock()
	now := p.now()
	_, known := ports.bad[number]
	ports.bad[number] = now + again
	ports.opening--
	delete(ports.used, number)
	ports.failure = err
	taken := errors.Is(err, unix.EADDRINUSE)
	more := taken || number != 0 && errors.Is(err, unix.EACCES)
	if p.cfg.First == 0 {
		ports.crowded = taken
		more = taken && tries < maxTries
	}
	if !more {
		ports.pause = now + time.Second
	}
	p.mu.Unlock()
	if !known {
		p.cfg.Report(err)
	}
	return more
}
