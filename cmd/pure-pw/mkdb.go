package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"pureftpd/internal/passwdfile"
	"pureftpd/internal/progress"
	"pureftpd/internal/puredb"
)

func mkdbCommand() command {
	return command{
		name: "mkdb", usage: "[DATABASE]", help: "build the database from the text file",
		run: mkdb, wordless: true,
	}
}

// mkdb builds the database that the word names.
func mkdb(inv *invocation) error {
	database := inv.word
	if database == "" {
		database = inv.defaultDatabase()
	}
	return inv.buildDatabase(database)
}

const (
	// mostWarnings is how many lines are warned of one by one.
	mostWarnings = 20

	// readAtOnce is how many bytes of the text file are read at once.
	readAtOnce = 256 << 10
)

// buildDatabase makes a database of the text file. As in the original, every line that has a colon and text behind
// it goes in: the server judges them. Lines that it refuses are warned of, and do not change the status.
func (inv *invocation) buildDatabase(database string) error {
	if err := inv.checkFiles(database); err != nil {
		return err
	}
	err := puredb.Replace(database, func(to *puredb.Builder) error {
		// Opened now: while this program waited, the one before it may have read an older text.
		text, err := os.Open(inv.text())
		if err != nil {
			return fail(statusText, "%w", err)
		}
		return errors.Join(inv.index(text, to), text.Close())
	})
	if _, known := errors.AsType[*failure](err); err == nil || known {
		return err
	}
	return fail(statusOther, "%s was not built: %w", database, err)
}

// checkFiles makes sure that the text can be read before anything is created, and that it would not be overwritten.
func (inv *invocation) checkFiles(database string) error {
	f, err := os.Open(inv.text())
	if err != nil {
		return fail(statusText, "%w", err)
	}
	text, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return fail(statusText, "%w", err)
	}
	if text.IsDir() {
		return fail(statusText, "%s is a directory", inv.text())
	}
	old, err := os.Stat(database)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fail(statusOther, "%w", err)
	case os.SameFile(text, old):
		return fail(statusOther, "%s is the text file itself: name another file for the database", database)
	}
	return nil
}

// index adds the lines of a text to a database.
func (inv *invocation) index(text *os.File, to *puredb.Builder) error {
	info, err := text.Stat()
	if err != nil {
		return err
	}
	bar := progress.New(inv.err, info.Size(), "bytes")
	defer bar.Done()
	lint := linter{inv: inv}
	in := bufio.NewReaderSize(&counted{text, bar}, readAtOnce)
	err = passwdfile.Scan(in, func(line passwdfile.Line) error {
		lint.look(line)
		if line.Value == "" {
			return nil
		}
		return to.Add(line.Login, line.Value)
	})
	if err != nil {
		return err
	}
	bar.Done()
	lint.sum()
	return nil
}

// A counted reader shows how far it is.
type counted struct {
	io.Reader
	bar *progress.Bar
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bar.Add(int64(n))
	return n, err
}

// A linter warns of lines that let nobody in.
type linter struct {
	inv     *invocation
	refused int // lines
}

// look warns of a line if the server would refuse it.
func (l *linter) look(line passwdfile.Line) {
	err := judge(line)
	if err == nil {
		return
	}
	if l.refused++; l.refused <= mostWarnings {
		l.inv.warn("%s:%d: %q: %v", l.inv.text(), line.Number, line.Login, err)
	}
}

// sum tells of what was not told one by one.
func (l *linter) sum() {
	if more := l.refused - mostWarnings; more > 0 {
		l.inv.warn("%s: the server will refuse %d lines more", l.inv.text(), more)
	}
}

// judge returns why the server refuses a line, or nil.
func judge(line passwdfile.Line) error {
	if line.Tail {
		return fmt.Errorf("this is the rest of a line of more than %d bytes, which counts as a line of its own",
			passwdfile.MaxLine)
	}
	if line.Value == "" {
		return errors.New("nothing stands behind the login: the line is not in the database")
	}
	if line.Login == "" {
		return errors.New("field 1 (login): empty")
	}
	record, err := passwdfile.Parse(line.Login, line.Value)
	if err != nil {
		return err
	}
	return record.Check()
}
