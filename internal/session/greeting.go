package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

const (
	maxFortune     = 2047     // bytes of one entry that are shown
	maxFortuneFile = 16 << 20 // bytes of the file that are read
)

// greet sends the 220 that opens the conversation. It reports false when the session cannot begin.
func (s *Session) greet(ctx context.Context) bool {
	if s.cfg.ForcePassive != nil {
		if _, err := s.cfg.ForcePassive(ctx); err != nil {
			s.logf(record.Error, "address of -P: %v", err)
			s.say(ftp.Say(ftp.CodeNotAvailable, "The server cannot find its own public address, try again later"))
			_ = s.flush() // the session ends either way
			return false
		}
	}
	s.say(ftp.Say(ftp.CodeReady, s.greeting(time.Now())...))
	return true
}

// greeting lists the lines of the 220 in their order; a fortune takes the place of most of them.
func (s *Session) greeting(now time.Time) []string {
	var lines []string
	fortune := s.fortune()
	if fortune != "" {
		lines = strings.Split(fortune, "\n")
	} else {
		lines = append(lines, "--------- Pure-FTPd at your service ----------",
			s.crowd(),
			fmt.Sprintf("It is %s here; this is port %d.", now.In(s.cfg.Location).Format("15:04"), s.local.Port()))
	}
	switch {
	case s.anonymousOnly():
		lines = append(lines, "Anonymous users only")
	case s.cfg.NoAnonymous:
		lines = append(lines, "A private system: no anonymous users")
	}
	if s.cfg.FXP == FXPEveryone {
		lines = append(lines, "Everybody may move files to a third party (FXP)")
	}
	lines = append(lines, s.ratioGreeting()...)
	if fortune != "" {
		return lines
	}
	if s.cfg.IPv6 && s.peer.Addr().Is4() {
		lines = append(lines, "This server speaks IPv6, too.")
	}
	return append(lines, "Sessions that do nothing for "+s.idleText()+" are ended.")
}

// crowd tells how many sessions there are and may be.
func (s *Session) crowd() string {
	n := max(s.parts.Admission.Sessions(), 1)
	if s.cfg.MaxClients == 0 {
		return fmt.Sprintf("This is session %d.", n)
	}
	return fmt.Sprintf("This is session %d of at most %d.", n, s.cfg.MaxClients)
}

func (s *Session) idleText() string {
	if s.idle >= 2*time.Minute {
		return fmt.Sprintf("%d minutes", int(s.idle/time.Minute))
	}
	return fmt.Sprintf("%d seconds", int(s.idle/time.Second))
}

// fortune picks one entry of the fortunes file, or "" where there is none to show.
func (s *Session) fortune() string {
	if s.cfg.FortunesFile == "" {
		return ""
	}
	text, err := readFortunes(s.cfg.FortunesFile)
	if err != nil {
		s.logf(record.Error, "fortunes file: %v", err)
		return ""
	}
	entry := pickFortune(text, rand.N(len(text)))
	if len(entry) > maxFortune {
		entry = entry[:maxFortune]
	}
	return strings.TrimRight(strings.TrimLeft(entry, "\r\n"), " \t\r\n")
}

// readFortunes reads the file, which everybody must be allowed to read: it is shown to everybody.
func readFortunes(name string) (string, error) {
	st, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() || st.Mode().Perm()&0o444 != 0o444 || st.Size() < 2 || st.Size() > maxFortuneFile {
		return "", fmt.Errorf("%s is no regular file of 2 bytes to 16 megabytes that everybody may read", name)
	}
	text, err := os.ReadFile(name)
	if err == nil && len(text) < 2 {
		err = fmt.Errorf("%s is empty", name)
	}
	return string(text), err
}

// pickFortune returns the entry that holds the byte at offset. Entries are parted by lines that hold only "%".
func pickFortune(text string, offset int) string {
	start := 0
	for {
		end, next := nextFortune(text, start)
		if offset < next || next >= len(text) {
			return text[start:end]
		}
		start = next
	}
}

// nextFortune finds where the entry that begins at start ends, and where the one after it begins.
func nextFortune(text string, start int) (end, next int) {
	if strings.HasPrefix(text[start:], "%\n") {
		return start, start + 2
	}
	i := strings.Index(text[start:], "\n%\n")
	if i < 0 {
		return len(text), len(text)
	}
	return start + i + 1, start + i + 3
}
