package session

import (
	"context"
	"io"
	"strings"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
)

// Files whose text is shown: bannerName after the login, messageName on entering a directory.
const (
	bannerName  = ".banner"
	messageName = ".message"
)

const (
	maxNoticeLines = 100
	maxNoticeLine  = 511 // bytes; longer lines are split
	maxNotice      = maxNoticeLines * (maxNoticeLine + 1)
)

// notice reads the text of a banner or message in the working directory, line by line. There usually is none.
func (s *Session) notice(_ context.Context, name string) []string {
	f, err := s.root.OpenFile(ftp.Join(s.cwd, name), rootfs.Read, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxNotice))
	if err != nil {
		s.logf(record.Error, "%s: %v", s.logPath(name), err)
		return nil
	}
	return noticeLines(string(text))
}

// noticeLines splits text into lines that are fit for a reply.
func noticeLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = printable(strings.TrimRight(line, "\r\n"))
		for {
			if len(lines) == maxNoticeLines {
				return lines
			}
			if len(line) <= maxNoticeLine {
				lines = append(lines, line)
				break
			}
			lines = append(lines, line[:maxNoticeLine])
			line = line[maxNoticeLine:]
		}
	}
	return lines
}

// printable replaces each control character. Other bytes stay, whatever their encoding.
func printable(line string) string {
	b := []byte(line)
	for i, c := range b {
		if c < 0x20 || c == 0x7f {
			b[i] = '_'
		}
	}
	return string(b)
}
