package record

import (
	"sync"
	"time"
)

// A Place is one of those that lines go to, and how that goes.
type Place struct {
	Transfers bool   // it takes the lines of an AltLog, else those of a Log
	Format    string // "syslog", "text" or "json"; of an AltLog one of Formats
	Path      string // of a file, or of the log daemon's socket; "": standard error
	Facility  string // of the system log; "": it is not that
	Least     Level  // what is not written is below it; of a Log

	Lines, Lost uint64
	Last        time.Time // when it took a line last; zero: none yet
	LastLine    string    // its beginning
	Trouble     string    // "": none
}

// The formats of a Log.
const (
	formatSyslog = "syslog"
	formatText   = "text"
	formatJSON   = "json"
)

// Places returns where the lines of the log go; none if it is off.
func (l *Log) Places() []Place {
	var list []Place
	for _, r := range l.routes {
		p := r.trail.place()
		if p.Least = Info; l.verbose.Load() {
			p.Least = Debug
		}
		r.to.describe(&p)
		list = append(list, p)
	}
	return list
}

func (s *sink) describe(p *Place) {
	if s.socket == "" {
		p.Format = formatText
		return
	}
	p.Format, p.Path, p.Facility = formatSyslog, s.socket, s.header.facility.String()
	if p.Lines+p.Lost > 0 && !s.connected.Load() {
		if p.Trouble = "the log daemon does not take lines: they go to standard error"; s.mute {
			p.Trouble = "the log daemon does not take lines: they are lost"
		}
	}
}

func (t *Target) describe(p *Place) {
	p.Format, p.Path, p.Trouble = formatText, t.config.Path, troubleOf(&t.opening, &t.writing)
	if t.json != nil {
		p.Format = formatJSON
	}
}

// Place returns where the lines go.
func (l *AltLog) Place() Place {
	p := l.trail.place()
	p.Transfers, p.Format, p.Path, p.Trouble = true, l.config.Format, l.config.Path, troubleOf(&l.opening, &l.writing)
	return p
}

// troubleOf is the first of those that last.
func troubleOf(list ...*complaint) string {
	for _, c := range list {
		if text := c.now(); text != "" {
			return text
		}
	}
	return ""
}

// maxTrail is how much of a line is kept, in bytes: a screen or two.
const maxTrail = 1000

// A trail is what a place was given. The zero trail is that of a new place.
type trail struct {
	mu          sync.Mutex
	lines, lost uint64
	last        time.Time
	line        []byte
}

// took notes a line.
func (t *trail) took(line []byte) {
	now := time.Now()
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines++
	t.last = now
	t.line = append(t.line[:0], line[:min(len(line), maxTrail)]...)
}

// missed notes lines that did not come there.
func (t *trail) missed(lines uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost += lines
}

// place is a place of which nothing else is known yet.
func (t *trail) place() Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Place{Lines: t.lines, Lost: t.lost, Last: t.last, LastLine: string(t.line)}
}
