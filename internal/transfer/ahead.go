package transfer

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// recordHeader is type, version and length of a TLS record (RFC 8446, 5.1).
const recordHeader = 5

// An ahead is what was received of TLS and not yet used. It reads in large pieces, and hands on no more than one record at a time:
// crypto/tls keeps what it is given beyond that in a buffer that it makes anew, larger each time, for every connection.
type ahead struct {
	buf  *[sealedSize]byte // nil while nothing waits in it
	r, w int
	left int // bytes of the present record that were not handed on
}

// step receives once what is there, behind a piece of a header that may be left.
func (a *ahead) step(fd int) error {
	if a.buf == nil {
		a.buf = sealedBuffers.Get().(*[sealedSize]byte)
	}
	a.r, a.w = 0, copy(a.buf[:], a.buf[a.r:a.w])
	n, err := unix.Read(fd, a.buf[a.w:])
	a.w += max(n, 0)
	if a.w == 0 {
		a.release() // nothing is held while the peer lets us wait
	}
	return peerError("read", err)
}

// ready reports whether something can be handed on.
func (a *ahead) ready() bool {
	if a.left > 0 {
		return a.w > a.r
	}
	return a.w-a.r >= recordHeader
}

// whole reports whether a whole record waits.
func (a *ahead) whole() bool { return a.left == 0 && a.ready() && a.w-a.r >= a.record() }

// record is the length of the record that begins here, with its header.
func (a *ahead) record() int {
	return recordHeader + int(binary.BigEndian.Uint16(a.buf[a.r+recordHeader-2:a.r+recordHeader]))
}

// take hands on what p holds of the record. It must be ready.
func (a *ahead) take(p []byte) int {
	if a.left == 0 {
		a.left = a.record()
	}
	n := copy(p, a.buf[a.r:min(a.w, a.r+a.left)])
	a.r += n
	a.left -= n
	if a.r == a.w {
		a.release()
	}
	return n
}

// release gives the buffer back.
func (a *ahead) release() {
	if a.buf != nil {
		sealedBuffers.Put(a.buf)
		a.buf = nil
	}
	a.r, a.w = 0, 0
}
