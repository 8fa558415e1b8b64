package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// unseen calls read while the terminal shows nothing and leaves all keys to the program. It is as before when
// read returns, and when a signal ends the program.
func unseen(fd int, read func() error) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	state, err := term.MakeRaw(fd)
	if err != nil {
		return err
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { // ends with read
		defer close(ended)
		select {
		case s := <-signals:
			restoreAndDie(fd, state, s)
		case <-done:
		}
	}()
	err = read()
	close(done)
	<-ended
	select {
	case s := <-signals:
		restoreAndDie(fd, state, s)
	default:
	}
	return errors.Join(err, term.Restore(fd, state))
}

// restoreAndDie ends the program by a signal, and leaves the terminal as it was.
func restoreAndDie(fd int, state *term.State, s os.Signal) {
	if err := term.Restore(fd, state); err != nil {
		_, _ = os.Stderr.WriteString(program + ": the terminal stays silent: " + err.Error() + "\r\n")
	}
	dieOf(s.(syscall.Signal))
}

// dieOf ends the program as the signal does if nobody catches it.
func dieOf(s syscall.Signal) {
	signal.Reset(s)
	// The runtime would answer this one with a report on all that the program holds.
	if s != syscall.SIGQUIT && syscall.Kill(os.Getpid(), s) == nil {
		time.Sleep(time.Second) // it comes at once, unless it is ignored
	}
	os.Exit(128 + int(s)) // as shells tell it
}

// A signalKey is the key that stands for a signal where a terminal is not raw.
type signalKey struct{ signal syscall.Signal }

func (k *signalKey) Error() string { return fmt.Sprintf("interrupted: %v", k.signal) }

// The keys that a terminal treats specially where it is not raw, as they usually are.
const (
	keyInterrupt = 0x03 // ^C
	keyEnd       = 0x04 // ^D
	keyErase     = 0x08 // ^H
	keyKill      = 0x15 // ^U
	keySuspend   = 0x1a // ^Z
	keyQuit      = 0x1c // ^\
	keyDelete    = 0x7f
)

// typedLine reads a line from a raw terminal. Its end is errInputEnded if nothing was typed, as is ^D;
// what is typed is kept byte by byte, in whatever encoding.
func typedLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		key, err := in.ReadByte()
		if err == io.EOF {
			key, err = keyEnd, nil
		}
		if err != nil {
			return nil, err
		}
		switch key {
		case '\r', '\n':
			return line, nil
		case keyInterrupt:
			return nil, &signalKey{syscall.SIGINT}
		case keyQuit:
			return nil, &signalKey{syscall.SIGQUIT}
		case keyEnd:
			if len(line) == 0 {
				return nil, errInputEnded
			}
			return line, nil
		case keyErase, keyDelete:
			_, n := utf8.DecodeLastRune(line)
			line = line[:len(line)-n]
		case keyKill:
			line = line[:0]
		case keySuspend: // would leave the shell with a raw terminal
		default:
			if len(line) > maxPasswordLine {
				return nil, errLongPassword
			}
			line = append(line, key)
		}
	}
}
