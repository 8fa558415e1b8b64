package transfer

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// cycle is the client of the benchmarks: one goroutine that opens, moves and closes.
type cycle struct {
	port uint16
	size int
	send bool
	next chan struct{} // one for each connection to open, as a client waits for its reply
}

// run opens n connections, or fewer if one fails.
func (k cycle) run(n int, done chan<- error) {
	buf := make([]byte, 256<<10)
	for range n {
		<-k.next
		c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: loopback.AsSlice(), Port: int(k.port)})
		if err != nil {
			done <- err
			return
		}
		for moved := 0; k.send && moved < k.size; {
			n, err := c.Write(buf[:min(len(buf), k.size-moved)])
			if err != nil {
				done <- err
				return
			}
			moved += n
		}
		for !k.send {
			if _, err := c.Read(buf); err != nil {
				break
			}
		}
		c.Close()
	}
	done <- nil
}

// BenchmarkCycle is accept, bytes, close for one file, the client included.
func BenchmarkCycle(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		for _, way := range []string{"send", "receive"} {
			b.Run(fmt.Sprintf("%s/%dKiB", way, size>>10), func(b *testing.B) {
				copier := newCopier(b)
				l := reserve(b, newPassive(b, Config{Spread: 1}), nil)
				f := scratch(b, make([]byte, size))
				done := make(chan error, 1)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.ResetTimer()
				next := make(chan struct{}, 1)
				go cycle{l.Port(), size, way == "receive", next}.run(b.N, done)
				for range b.N {
					next <- struct{}{}
					c, err := l.Accept(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					j := Job{File: f, Size: int64(size)}
					var res Result
					if way == "receive" {
						res = copier.Receive(c, j)
					} else if r, ok := copier.TrySend(c, &j); ok {
						res = r
					} else {
						res = copier.Send(c, j)
					}
					if c.Close(); res.Err != nil || res.File != int64(size) {
						b.Fatalf("%+v", res)
					}
				}
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// large is the size of the large transfers, in bytes.
const large = 256 << 20

// sides are the ways to move a large file; "bare" is the loop the package is measured against.
func sides() map[string]func(b *testing.B, copier *Copier, c *Conn, f osFile) {
	check := func(b *testing.B, res Result) {
		if res.Err != nil || res.Wire != large {
			b.Fatalf("%+v", res)
		}
	}
	return map[string]func(b *testing.B, copier *Copier, c *Conn, f osFile){
		"send/ours": func(b *testing.B, copier *Copier, c *Conn, f osFile) {
			check(b, copier.Send(c, Job{File: f, Size: large}))
		},
		"send/bare": bareSend,
		"receive/ours": func(b *testing.B, copier *Copier, c *Conn, f osFile) {
			check(b, copier.Receive(c, Job{File: f}))
		},
		"receive/bare":   bareReceive,
		"receive/splice": bareSplice,
	}
}

// blocking makes the descriptor what a plain C loop would have.
func blocking(b *testing.B, c *Conn) {
	b.Helper()
	runtime.LockOSThread()
	b.Cleanup(runtime.UnlockOSThread)
	if err := unix.SetNonblock(c.fd, false); err != nil {
		b.Fatal(err)
	}
}

// bareSend is sendfile on a blocking socket and nothing else.
func bareSend(b *testing.B, _ *Copier, c *Conn, f osFile) {
	blocking(b, c)
	for offset := int64(0); offset < large; {
		if _, err := unix.Sendfile(c.fd, f.Fd(), &offset, large); err != nil {
			b.Fatal(err)
		}
	}
}

// bareReceive is read and write on a blocking socket and nothing else.
func bareReceive(b *testing.B, _ *Copier, c *Conn, f osFile) {
	blocking(b, c)
	buf := make([]byte, 256<<10)
	for offset := int64(0); ; {
		n, err := unix.Read(c.fd, buf)
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return
		}
		if _, err := unix.Pwrite(f.Fd(), buf[:n], offset); err != nil {
			b.Fatal(err)
		}
		offset += int64(n)
	}
}

// bareSplice is splice on a blocking socket and nothing else.
func bareSplice(b *testing.B, copier *Copier, c *Conn, f osFile) {
	blocking(b, c)
	p, err := copier.pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer p.close()
	for offset := int64(0); ; {
		n, err := unix.Splice(c.fd, nil, p.w, nil, pipeSize, unix.SPLICE_F_MOVE)
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return
		}
		for n > 0 {
			m, err := unix.Splice(p.r, nil, f.Fd(), &offset, int(n), unix.SPLICE_F_MOVE)
			if err != nil {
				b.Fatal(err)
			}
			n -= m
		}
	}
}

// BenchmarkLarge moves one large file and compares with the bare loops in the same run.
func BenchmarkLarge(b *testing.B) {
	path := b.TempDir() + "/large"
	if err := os.WriteFile(path, make([]byte, large), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{
		"send/bare", "send/ours", "receive/bare", "receive/splice", "receive/ours",
	} {
		run := sides()[name]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(large)
			copier := newCopier(b)
			send := name[:4] == "send"
			for b.Loop() {
				file, err := os.OpenFile(path, os.O_RDWR, 0)
				if err != nil {
					b.Fatal(err)
				}
				c, client := connected(b)
				done := make(chan error, 1)
				go drive(client, send, done)
				run(b, copier, c, osFile{file})
				c.Close()
				if err := <-done; err != nil {
					b.Fatal(err)
				}
				file.Close()
			}
		})
	}
}

// drive is the client of a large transfer.
func drive(c *net.TCPConn, reads bool, done chan<- error) {
	buf := make([]byte, 256<<10)
	if reads {
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, buf)
		done <- err
		return
	}
	for left := large; left > 0; left -= len(buf) {
		if _, err := c.Write(buf); err != nil {
			done <- err
			return
		}
	}
	done <- c.Close()
}
