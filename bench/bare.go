package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

// bareLoop is this program as the least an FTP server could do: the limit the kernel sets.
func bareLoop() server {
	s := server{
		name: "bare", forks: true,
		note: "this program: sendfile(2) and splice(2) with blocking calls, a thread per session, " +
			"no password check, no user, no chroot, no listing; marks the kernel's own limit",
	}
	s.command = func(st *stage, port int) (program, error) {
		prog := program{path: "/proc/self/exe",
			args: []string{roleBare, strconv.Itoa(port), st.home},
			env:  []string{"GODEBUG=asyncpreemptoff=1"}}
		if st.TLS != "" {
			prog.args = append(prog.args, st.certificate())
		}
		return prog, nil
	}
	return s
}

// bareThreads bounds the threads that run at the same time; a thread in a blocking call counts.
const bareThreads = 64

// bare serves until it is killed: role:bare PORT HOME [CERTIFICATE].
func bare(args []string) error {
	if len(args) != 2 && len(args) != 3 {
		return errors.New("bare: wants a port, a directory, and for TLS a certificate")
	}
	port, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var config *tls.Config
	if len(args) == 3 {
		if config, err = bareTLS(args[2]); err != nil {
			return err
		}
	}
	runtime.GOMAXPROCS(bareThreads)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)
	listener, _, err := listen(port)
	if err != nil {
		return err
	}
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		// Two replies in a row must not wait for the client's delayed acknowledgment.
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if err != nil {
			return err
		}
		go serveBare(fd, args[1], config)
	}
}

// listen opens a listener on the loopback address; port 0 takes any. It returns the port.
func listen(port int) (fd, at int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, 0, err
	}
	address := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.Bind(fd, address), unix.Listen(fd, 1024))
	if err != nil {
		return -1, 0, errors.Join(err, unix.Close(fd))
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return -1, 0, errors.Join(err, unix.Close(fd))
	}
	return fd, bound.(*unix.SockaddrInet4).Port, nil
}

// A bareSession is one client of the bare loop. Its listener and its pipe are made when first
// needed and kept.
type bareSession struct {
	fd       int
	home     string
	listener int
	passive  string // the reply that names the listener
	pipe     [2]int

	config *tls.Config
	tls    *tls.Conn // over fd; nil in the clear
}

// pipeSize is the most an unprivileged process may have.
const pipeSize = 1 << 20

// serveBare answers one client until it leaves; errors end the session.
func serveBare(fd int, home string, config *tls.Config) {
	s := &bareSession{fd: fd, home: home, listener: -1, pipe: [2]int{-1, -1}, config: config}
	defer func() {
		for _, fd := range []int{s.fd, s.listener, s.pipe[0], s.pipe[1]} {
			if fd >= 0 {
				unix.Close(fd)
			}
		}
	}()
	if sendAll(fd, []byte("220 bare\r\n")) != nil {
		return
	}
	var buffer [512]byte
	for {
		n, err := channel{fd, s.tls}.read(buffer[:])
		if err != nil {
			return
		}
		// The generator never sends a second command before the reply to the first.
		verb, arg, _ := bytes.Cut(bytes.TrimRight(buffer[:n], "\r\n"), []byte(" "))
		if err := s.answer(string(verb), string(arg)); err != nil {
			if err != io.EOF {
				fmt.Fprintf(os.Stderr, "bare: %s: %v\n", verb, err)
			}
			return
		}
	}
}

func (s *bareSession) answer(verb, arg string) error {
	switch verb {
	case "USER":
		return s.reply("331 any\r\n")
	case "PASS":
		return s.reply("230 in\r\n")
	case "TYPE", "PBSZ", "PROT":
		return s.reply("200 ok\r\n")
	case "AUTH":
		return s.secure()
	case "EPSV":
		return s.epsv()
	case "RETR":
		return s.move(arg, unix.O_RDONLY, retrieve)
	case "STOR":
		return s.move(arg, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC, s.receive)
	case "QUIT":
		if err := s.reply("221 bye\r\n"); err != nil {
			return err
		}
		return io.EOF
	default:
		return s.reply("500 no\r\n")
	}
}

func (s *bareSession) reply(text string) error { return channel{s.fd, s.tls}.send([]byte(text)) }

func (s *bareSession) epsv() error {
	if s.listener < 0 {
		fd, port, err := listen(0)
		if err != nil {
			return err
		}
		s.listener = fd
		s.passive = fmt.Sprintf("229 ok (|||%d|)\r\n", port)
	}
	return s.reply(s.passive)
}

// move opens the file, accepts the data connection and lets copy do the rest.
func (s *bareSession) move(name string, flags int, copy func(data, file int) error) error {
	file, err := unix.Open(filepath.Join(s.home, name), flags|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	data, _, err := unix.Accept4(s.listener, unix.SOCK_CLOEXEC)
	if err != nil {
		return errors.Join(err, unix.Close(file))
	}
	err = s.reply("150 go\r\n")
	if err == nil && s.tls != nil {
		err = s.moveTLS(data, file, flags != unix.O_RDONLY)
	} else if err == nil {
		err = copy(data, file)
	}
	if err := errors.Join(err, unix.Close(file), unix.Close(data)); err != nil {
		return err
	}
	return s.reply("226 done\r\n")
}

func retrieve(data, file int) error {
	if err := unix.SetsockoptInt(data, unix.IPPROTO_TCP, unix.TCP_CORK, 1); err != nil {
		return err
	}
	for {
		n, err := unix.Sendfile(data, file, nil, 1<<30)
		if err != nil && err != unix.EINTR {
			return err
		}
		if err == nil && n == 0 {
			return nil
		}
	}
}

// receive splices the data connection into the file by way of the session's pipe.
func (s *bareSession) receive(data, file int) error {
	if s.pipe[0] < 0 {
		if err := unix.Pipe2(s.pipe[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		if _, err := unix.FcntlInt(uintptr(s.pipe[0]), unix.F_SETPIPE_SZ, pipeSize); err != nil {
			return err
		}
	}
	for {
		n, err := splice(data, s.pipe[1], pipeSize)
		if err != nil || n == 0 {
			return err
		}
		for n > 0 {
			moved, err := splice(s.pipe[0], file, n)
			if err != nil {
				return err
			}
			n -= moved
		}
	}
}

// splice is splice(2), begun again when a signal interrupts it.
func splice(from, to int, most int64) (int64, error) {
	for {
		n, err := unix.Splice(from, nil, to, nil, int(most), unix.SPLICE_F_MOVE)
		if err != unix.EINTR {
			return n, err
		}
	}
}
