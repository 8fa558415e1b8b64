package record

import (
	"fmt"
	"io/fs"
	"os"
	"time"
)

// An AltLogConfig names the file of a transfer log and its format.
type AltLogConfig struct {
	Format string // one of Formats
	Path   string // absolute

	// Open opens the file for appending and creates it, with mode 0600, if it is not there; it does not follow a
	// symbolic link. It may take a privilege. nil means OpenLogFile.
	Open func(path string) (*os.File, error)

	// Stat looks at the path, to see whether it still leads to the open file. It may take a privilege. nil means
	// os.Lstat.
	Stat func(path string) (fs.FileInfo, error)

	Location *time.Location       // of the times in lines; nil: UTC
	Report   func(message string) // is told what goes wrong after the start, once for each kind of trouble; nil: nobody
	Lost     func()               // is called for each line that could not be written; nil: nobody
}

// An AltLog is a transfer log: a line for each upload and download. It may be used by many goroutines, and by many
// processes that write to one file: a line is one write to the end of the file. When the file is moved away, as log
// rotation does, a new one is begun within a second.
type AltLog struct {
	config AltLogConfig
	format format
	file   logFile
	trail  trail

	opening complaint
	writing complaint
}

// OpenAltLog opens a transfer log. A file that cannot be opened is an error now, not at the first transfer.
func OpenAltLog(c AltLogConfig) (*AltLog, error) {
	f, ok := formatNamed(c.Format)
	if !ok {
		return nil, fmt.Errorf("transfer log: unknown format %q", c.Format)
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	l := &AltLog{config: c, format: f, file: logFile{path: c.Path, openFile: c.Open, stat: c.Stat, header: f.header}}
	if err := l.file.begin(); err != nil {
		return nil, fmt.Errorf("transfer log: %w", err)
	}
	return l, nil
}

// Write writes the line of a transfer. What goes wrong is reported, and the line is lost: the transfer itself is over.
func (l *AltLog) Write(t Transfer) {
	if looked, err := l.file.follow(t.End); looked {
		l.tell(&l.opening, err)
	}
	line := l.format.append(make([]byte, 0, 256), t, l.config.Location)
	err := l.file.append(line)
	if err == nil {
		l.trail.took(line)
	} else {
		l.trail.missed(1)
		if l.config.Lost != nil {
			l.config.Lost()
		}
	}
	l.tell(&l.writing, err)
}

func (l *AltLog) tell(c *complaint, err error) {
	if text := c.news(err); text != "" && l.config.Report != nil {
		l.config.Report("transfer log " + l.config.Path + ": " + text)
	}
}

// Close closes the file. Transfers must have ended.
func (l *AltLog) Close() error { return l.file.close() }
