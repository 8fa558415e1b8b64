package session

import (
	"encoding/binary"
	"io"
	"net"

	"pureftpd/internal/transfer"
)

// records is a connection as TLS reads it. It keeps count of the records, so that reading can end exactly where TLS ends: TLS
// itself reads ahead, and after CCC that would be commands.
type records struct {
	net.Conn
	header [5]byte // RFC 8446, 5.1: type, version, length
	have   int     // bytes of the header read
	left   int     // bytes of the record still to come
	exact  bool    // read no further than to the end of a record
	clear  []byte  // what came in place of a record

	shaking bool // the handshake is not over
}

// Write writes on. In the handshake an answer is due, which may come in pieces.
func (r *records) Write(p []byte) (int, error) {
	n, err := r.Conn.Write(p)
	if r.shaking {
		transfer.AcknowledgeAtOnce(r.Conn)
	}
	return n, err
}

// Read reads on, in exact mode one header or the rest of one record. Its end is there, too, where something begins that is no
// record.
func (r *records) Read(p []byte) (int, error) {
	begin := r.have == 0 && r.left == 0
	if r.exact {
		want := r.left
		if want == 0 {
			want = len(r.header) - r.have
		}
		p = p[:min(len(p), want)]
	}
	n, err := r.Conn.Read(p)
	if r.exact && begin && n > 0 && !isRecord(p[0]) {
		r.clear = append(r.clear, p[:n]...)
		return 0, io.EOF
	}
	r.follow(p[:n])
	return n, err
}

// isRecord tells the type of a record from the first byte of a command.
func isRecord(b byte) bool { return b >= 20 && b <= 24 }

// follow counts what was read.
func (r *records) follow(p []byte) {
	for len(p) > 0 {
		if r.left > 0 {
			n := min(r.left, len(p))
			r.left -= n
			p = p[n:]
			continue
		}
		n := copy(r.header[r.have:], p)
		r.have += n
		p = p[n:]
		if r.have == len(r.header) {
			r.left = int(binary.BigEndian.Uint16(r.header[3:]))
			r.have = 0
		}
	}
}
