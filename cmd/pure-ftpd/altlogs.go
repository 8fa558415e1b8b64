package main

import (
	"errors"
	"io/fs"
	"os"
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
