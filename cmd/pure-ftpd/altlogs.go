package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"sync"
	"time"

	"pureftpd/internal/options"
	"pureftpd/internal/record"
)

// openAltLogs opens the transfer logs of -O, as root where there is root: log directories are root's. A file that another
// generation has open goes on being written to.
func (g *generation) openAltLogs(p *parts, list []options.AltLog) (logs []*record.AltLog, err error) {
	for _, a := range list {
		l, release, failed := p.altLogs.hold(a, func() (*record.AltLog, error) {
			return record.OpenAltLog(record.AltLogConfig{
				Format: a.Format, Path: a.Path, Location: time.Local,
				Open:   openLogFile,
				Stat:   statLogFile,
				Report: func(message string) { p.log.WriteString(record.Error, message) },
				Lost:   func() { p.lostTransfers.add(a.Format) },
			})
		})
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		g.ends = append(g.ends, release)
		logs = append(logs, l)
	}
	return logs, err
}

func openLogFile(path string) (f *os.File, err error) {
	err = asRoot(func() error {
		f, err = record.OpenLogFile(path)
		return err
	})
	return f, err
}

func statLogFile(path string) (info fs.FileInfo, err error) {
	err = asRoot(func() error {
		info, err = os.Lstat(path)
		return err
	})
	return info, err
}

// A lossCount counts the lines that transfer logs could not write, by format. It outlives the logs, which a reload may replace. The
// zero value has counted none.
type lossCount struct {
	mu       sync.Mutex
	byFormat map[string]int64
}

func (c *lossCount) add(format string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byFormat == nil {
		c.byFormat = make(map[string]int64)
	}
	c.byFormat[format]++
}

// of returns the counts of those formats, and of others that have lost any.
func (c *lossCount) of(logs []*record.AltLog) map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := make(map[string]int64)
	for _, l := range logs {
		counts[l.Format()] = 0
	}
	maps.Copy(counts, c.byFormat)
	return counts
}
