package harness

import (
	"fmt"
	"net"
	"os"
	"sync"
)

// The ports of servers under test: blocks of one control port followed by ports for passive data
// connections.
const (
	firstPort = 23200
	endPort   = 24000
	blockSize = 16
	blocks    = (endPort - firstPort) / blockSize
)

// Ports hands out blocks of ports. Its zero value is ready.
type Ports struct {
	mu   sync.Mutex
	held [blocks]net.PacketConn
}

// Take returns the first port of a block that nobody listens on. Several processes may run tests at once: a block is
// held by the UDP port of its first number, which only one of them can bind, and each begins to look elsewhere.
func (p *Ports) Take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range blocks {
		i = (i + os.Getpid()) % blocks
		first := firstPort + i*blockSize
		if p.held[i] != nil {
			continue
		}
		hold, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", first))
		if err != nil {
			continue
		}
		if !free(first) {
			hold.Close()
			continue
		}
		p.held[i] = hold
		return first, nil
	}
	return 0, fmt.Errorf("no free ports from %d to %d", firstPort, endPort-1)
}

// Give makes a block available again.
func (p *Ports) Give(first int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := (first - firstPort) / blockSize
	p.held[i].Close()
	p.held[i] = nil
}

// free reports whether all ports of a block can be bound.
func free(first int) bool {
	for port := first; port < first+blockSize; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}
