package handover

import (
	"net/netip"
	"time"

	"pureftpd/internal/transfer"
)

// protocol is the version of the language. A process that speaks another one cannot be taken over.
const protocol = 1

// A kind says what a message is about.
type kind string

// The kinds. What follows each is the fields it uses.
const (
	offer kind = "offer" // of the older: Protocol, PID, Count of the sockets that follow, Others of them, the last, Passed, First, Last
	sock  kind = "socket"
	ready kind = "ready" // PID, Share: the range of ports is the same
	no    kind = "no"    // Text: nothing comes of it
	port  kind = "port"  // Local, and the descriptor
	pair  kind = "pair"  // what a transfer.Pair has
	from  kind = "from"  // Address of a session
	yours kind = "yours"
	begun kind = "begun"
	done  kind = "done"

	// The older asks.
	reserve kind = "reserve" // ID, Local, Address, Any, Previous
	release kind = "release" // ID
	use     kind = "use"     // ID, Count, Waiting
	left    kind = "left"    // Address of a session that has ended

	// The younger tells.
	granted kind = "granted" // ID, Local
	refused kind = "refused" // ID, Text
	conn    kind = "conn"    // ID, Peer, and the descriptor
	lost    kind = "lost"    // ID
)

// A message is what one packet holds.
type message struct {
	Kind     kind           `json:"kind"`
	Protocol int            `json:"protocol,omitempty"`
	PID      int            `json:"pid,omitempty"`
	Count    int            `json:"count,omitempty"`
	Others   int            `json:"others,omitempty"`
	Passed   bool           `json:"passed,omitempty"`
	First    uint16         `json:"first,omitempty"`
	Last     uint16         `json:"last,omitempty"`
	Share    bool           `json:"share,omitempty"`
	Text     string         `json:"text,omitempty"`
	ID       uint64         `json:"id,omitempty"`
	Previous uint64         `json:"previous,omitempty"`
	Local    netip.AddrPort `json:"local,omitzero"`
	Peer     netip.AddrPort `json:"peer,omitzero"`
	Address  netip.Addr     `json:"address,omitzero"`
	Any      bool           `json:"any,omitempty"`
	Served   bool           `json:"served,omitempty"`
	Waiting  bool           `json:"waiting,omitempty"`
	Age      time.Duration  `json:"age,omitempty"`
	Rest     time.Duration  `json:"rest,omitempty"`
}

// pairMessage is a pair as it is sent.
func pairMessage(p transfer.Pair) message {
	return message{
		Kind: pair, ID: p.ID, Local: p.Local, Address: p.Client, Served: p.Served, Waiting: p.Waiting, Count: p.Parked,
		Age: p.Age, Rest: p.Rest,
	}
}

// pair is what pairMessage was made of.
func (m message) pair() transfer.Pair {
	return transfer.Pair{
		ID: m.ID, Local: m.Local, Client: m.Address, Served: m.Served, Waiting: m.Waiting, Parked: m.Count, Age: m.Age, Rest: m.Rest,
	}
}
