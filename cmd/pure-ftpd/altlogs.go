package main

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"pureftpd/internal/options"
	"pureftpd/internal/record"
)

// openAltLogs opens the transfer logs of -O, as root where there is root: log directories are root's.
func openAltLogs(o *options.Options, log *record.Log) (logs []*record.AltLog, err error) {
	for _, a := range o.AltLogs {
		l, failed := record.OpenAltLog(record.AltLogConfig{
			Format: a.Format, Path: a.Path, Location: time.Local,
			Open:   openLogFile,
			Stat:   statLogFile,
			Report: func(message string) { log.WriteString(record.Error, message) },
		})
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		logs = append(logs, l)
	}
	if err != nil {
		closeAltLogs(logs)
		return nil, err
	}
	return logs, nil
}

func closeAltLogs(logs []*record.AltLog) {
	for _, l := range logs {
		_ = l.Close() // each line was one write, which has told its error
	}
}

func openLogFile(path string) (f *os.File, err error) {
	err = asRoot(func() error {
		f, err = record.OpenAltLogFile(path)
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
