package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"pureftpd/internal/control"
)

const refresh = time.Second

// top shows the sessions live until a key or ctx ends it. The terminal library of choice would bring two dozen packages for
// what five sequences do: a screen that is drawn as a whole each second, and single keys.
func top(ctx context.Context, dir string) (err error) {
	in, out := int(os.Stdin.Fd()), os.Stdout
	if !term.IsTerminal(in) || !term.IsTerminal(int(out.Fd())) {
		return errors.New("--top needs a terminal")
	}
	before, err := term.MakeRaw(in)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer func() {
		_, failed := out.WriteString(leaveScreen)
		err = errors.Join(err, failed, term.Restore(in, before))
	}()
	if _, err := out.WriteString(enterScreen); err != nil {
		return err
	}
	keys := make(chan []string)
	go readKeys(os.Stdin, keys) // ends with the process: nothing wakes a read from a terminal
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	return watch(ctx, dir, keys, resized, out)
}

// watch looks at the servers once a second and acts on keys.
func watch(ctx context.Context, dir string, keys <-chan []string, resized <-chan os.Signal, out *os.File) error {
	var b board
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	b.look(ctx, dir)
	for {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil {
			width, height = 80, 24
		}
		if _, err := out.WriteString(b.draw(width, height)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b.look(ctx, dir)
		case <-resized:
		case pressed, more := <-keys:
			if !more {
				return nil // the terminal is gone
			}
			for _, key := range pressed {
				switch b.press(key) {
				case quit:
					return nil
				case kick:
					b.kick(ctx)
				}
			}
		}
	}
}

// look takes what the servers say now. Servers come and go, so they are looked for each time.
func (b *board) look(ctx context.Context, dir string) {
	clients, err := find(dir)
	var found []control.Found
	if err == nil {
		found, err = control.Gather(ctx, clients)
	}
	if err != nil {
		b.note = clean(err.Error(), ' ')
	}
	b.take(found, time.Now())
}

// kick ends the session that was asked about.
func (b *board) kick(ctx context.Context) {
	l := b.asking
	b.asking = nil
	err := l.client.Kick(ctx, l.id)
	l.client.Close()
	if err != nil {
		b.note = fmt.Sprintf("Session %d: %s", l.id, clean(err.Error(), ' '))
		return
	}
	b.note = fmt.Sprintf("Session %d was ended", l.id)
}

// readKeys sends what is pressed until the terminal fails.
func readKeys(in *os.File, keys chan<- []string) {
	defer close(keys)
	buffer := make([]byte, 256)
	for {
		n, err := in.Read(buffer)
		if n > 0 {
			keys <- keysIn(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

// sequences are the keys that terminals send as more than one byte.
func sequences() map[string]string {
	return map[string]string{
		"\x1b[A": "up", "\x1b[B": "down", "\x1b[5~": "page up", "\x1b[6~": "page down", "\x1bOA": "up", "\x1bOB": "down",
	}
}

// keysIn takes what one read gave apart. A sequence that is not known is no key.
func keysIn(b []byte) (keys []string) {
	for len(b) > 0 {
		if b[0] == 0x1b && len(b) > 1 {
			known := false
			for sequence, name := range sequences() {
				if bytes.HasPrefix(b, []byte(sequence)) {
					keys, b, known = append(keys, name), b[len(sequence):], true
					break
				}
			}
			if !known {
				return keys
			}
			continue
		}
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case r == 0x1b:
			keys = append(keys, "esc")
		case r == '\r' || r == '\n':
			keys = append(keys, "enter")
		case r == 0x7f || r == 8:
			keys = append(keys, "backspace")
		case r == 3:
			keys = append(keys, "ctrl-c")
		case r >= ' ' && r != utf8.RuneError && (r < 0x80 || r >= 0xa0):
			keys = append(keys, string(r))
		}
	}
	return keys
}
