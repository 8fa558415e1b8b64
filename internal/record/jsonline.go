package record

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// slogLevels are the levels as log/slog orders them.
var slogLevels = [...]slog.Level{
	Debug:   slog.LevelDebug,
	Info:    slog.LevelInfo,
	Notice:  slog.LevelInfo + 2,
	Warning: slog.LevelWarn,
	Error:   slog.LevelError,
}

// A jsonEncoder writes lines as JSON objects, for one goroutine.
type jsonEncoder struct {
	pid     int
	buf     bytes.Buffer
	handler slog.Handler
	attrs   []slog.Attr
	raw     bool // what was written so far holds bytes that are no UTF-8
}

func newJSONEncoder(pid int) *jsonEncoder {
	e := &jsonEncoder{pid: pid}
	e.handler = slog.NewJSONHandler(&e.buf, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: replaceLevel})
	return e
}

// replaceLevel writes a level as the text form does.
func replaceLevel(_ []string, a slog.Attr) slog.Attr {
	if level, ok := a.Value.Any().(slog.Level); ok && a.Key == slog.LevelKey {
		for i, l := range slogLevels {
			if l == level {
				return slog.String(a.Key, levels[i].tag)
			}
		}
	}
	return a
}

// encode returns the line with its newline; it is good until the next call.
func (e *jsonEncoder) encode(l *line) ([]byte, error) {
	e.buf.Reset()
	e.attrs, e.raw = e.attrs[:0], false
	message := cut(l.message)
	if l.addHost {
		message += l.host
	}
	message = e.text(message)
	d := l.detail
	if d == nil {
		d = new(Detail)
	}
	e.add("event", string(d.Event))
	if e.pid != 0 {
		e.attrs = append(e.attrs, slog.Int("pid", e.pid))
	}
	if l.session != 0 {
		e.attrs = append(e.attrs, slog.Uint64("session", l.session))
	}
	e.add("user", l.user)
	if l.address.IsValid() {
		e.add("address", l.address.String())
		if l.host != l.address.String() {
			e.add("host", l.host)
		}
	}
	e.add("address", d.Address)
	e.add("login", d.Login)
	e.add("cause", d.Cause)
	e.add("verb", d.Verb)
	e.add("root", d.Root)
	e.add("path", d.Path)
	e.add("to", d.To)
	if d.Moved || d.Event == Restart {
		e.attrs = append(e.attrs, slog.Int64("bytes", d.Bytes))
	}
	if d.Moved {
		e.attrs = append(e.attrs, slog.Float64("seconds", d.Elapsed.Seconds()))
	}
	if e.raw {
		e.attrs = append(e.attrs, slog.Bool("raw", true))
	}
	r := slog.NewRecord(l.when.UTC(), slogLevels[l.level], message, 0)
	r.AddAttrs(e.attrs...)
	err := e.handler.Handle(context.Background(), r)
	return e.buf.Bytes(), err
}

// cut shortens a message that is too long, between two characters.
func cut(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	end := maxMessage
	for end > maxMessage-utf8.UTFMax && !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end]
}

// add adds a text, if there is one.
func (e *jsonEncoder) add(key, value string) {
	if value != "" {
		e.attrs = append(e.attrs, slog.String(key, e.text(value)))
	}
}

// text makes each byte that is no UTF-8 the character of its number, as transfer logs do, so that nothing is lost: "raw" says so.
func (e *jsonEncoder) text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	e.raw = true
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			r = rune(s[i])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}
