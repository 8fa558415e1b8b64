package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// A TargetConfig names a place that takes lines beside the Output of a Log.
type TargetConfig struct {
	JSON bool      // lines are JSON objects
	Path string    // of a file, absolute
	Out  io.Writer // in place of a file; a line is one write

	// Open and Stat are those of an AltLogConfig.
	Open func(path string) (*os.File, error)
	Stat func(path string) (fs.FileInfo, error)
}

// A Target is such a place. A file that is moved away is begun anew within a second.
type Target struct {
	config TargetConfig
	file   *logFile // nil: Out

	header  *header
	json    *jsonEncoder // nil: text
	buf     []byte
	opening complaint
	writing complaint
	report  func(Level, string) // tells the other places what is wrong with this one; it must not wait
}

// OpenTarget opens a place for lines. A file that cannot be opened is an error now.
func OpenTarget(c TargetConfig) (*Target, error) {
	t := &Target{config: c}
	if c.Out != nil {
		if isNowhere(c.Out) {
			return nil, errors.New("log: standard error leads nowhere, as after -B and under inetd")
		}
		return t, nil
	}
	t.file = &logFile{path: c.Path, openFile: c.Open, stat: c.Stat}
	if err := t.file.begin(); err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	return t, nil
}

// attach makes the target part of a Log.
func (t *Target) attach(h *header, report func(Level, string)) {
	t.header, t.report = h, report
	if t.config.JSON {
		t.json = newJSONEncoder(h.pid)
	}
}

func (t *Target) write(x *line) ([]byte, error) {
	text, err := t.encode(x)
	if err != nil {
		return nil, err
	}
	if t.file == nil {
		_, err = t.config.Out.Write(text)
		return text, err
	}
	if looked, err := t.file.follow(time.Now()); looked {
		t.tell(&t.opening, err)
	}
	err = t.file.append(text)
	t.tell(&t.writing, err)
	return text, err
}

func (t *Target) encode(x *line) ([]byte, error) {
	if t.json != nil {
		return t.json.encode(x)
	}
	t.buf = append(t.header.appendPlain(t.buf[:0], x), '\n')
	return t.buf, nil
}

func (t *Target) tell(c *complaint, err error) {
	if text := c.news(err); text != "" {
		t.report(Error, "log file "+t.config.Path+": "+text)
	}
}

func (t *Target) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.close()
}

// Close closes a target that no Log has taken; a Log closes its own.
func (t *Target) Close() error { return t.close() }
