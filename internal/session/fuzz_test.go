package session

import (
	"bytes"
	"context"
	"io"
	"net"
	"regexp"
	"testing"
	"time"

	"pureftpd/internal/ftp"
)

// replies matches a run of whole replies: lines with a code, and between the first and last line of one reply lines without.
var replies = regexp.MustCompile(`\A(?:[1-5]\d\d [^\r\n]*\r\n|([1-5]\d\d)-[^\r\n]*\r\n(?:[^\r\n]*\r\n)*?[1-5]\d\d [^\r\n]*\r\n)*\z`)

// talk sends input to a session and returns everything it answered until it ended.
func talk(t *testing.T, l *lab, input []byte) []byte {
	t.Helper()
	server, client := net.Pipe()
	done := make(chan struct{})
	go func() { defer close(done); l.handler.Open(server).Serve(context.Background()) }()
	answer := make(chan []byte, 1)
	go func() {
		all, err := io.ReadAll(client)
		if err != nil {
			t.Errorf("read replies: %v", err)
		}
		answer <- all
	}()
	if err := client.SetWriteDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = client.Write(input) // the session may have ended before the end of it
	_, _ = client.Write([]byte("\r\nQUIT\r\n"))
	<-done
	all := <-answer
	client.Close()
	return all
}

// Whatever a client sends, before or after the login, the answer is a run of whole replies: one for each command line.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"USER ann\r\nPASS secret\r\n", "FEAT\r\nHELP RETR\r\n", "\xff\xf4\xff\xf2ABOR\r\n", "TYPE L 8\r\nREST 5\r\nRETR x\r\n",
		"MKD a\r\nCWD a\r\nMLST\r\nCDUP\r\nRMD a\r\n", "SITE CHMOD 644 f\r\nSITE UTIME f 1 2 3 UTC\r\nSITE\r\n",
		"RNFR f\r\nRNTO g\r\nDELE g\r\n", "STAT *\r\nSTAT -laR ..\r\nSTAT\r\n", "PORT 127,0,0,1,1,1\r\nEPRT |1|a|b|\r\n",
		"CWD ~root\r\nCWD a\x00b\nPWD\n", "OPTS MLST \r\nMFMT 2020 f\r\nALLO 5\r\n",
	} {
		f.Add([]byte(seed))
	}
	slow := regexp.MustCompile(`(?i)(^|\n)[^a-z0-9]*(LIST|NLST|MLSD|RETR|STOR|STOU|APPE|ESTP|ESTA|PASV|P@SW|EPSV|PASS|CWD|XCWD|SITE)`)
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > ftp.MaxCommandLine || slow.Match(input) && bytes.Count(input, []byte("\n")) > 20 {
			return // these may wait, for a data connection or on purpose
		}
		l := newLab(t, func(c *Config) { c.PassiveWait = time.Millisecond })
		l.write(t, "f", "content")
		for _, before := range []string{"", "USER ann\r\nPASS secret\r\n"} {
			if got := talk(t, l, append([]byte(before), input...)); !replies.Match(got) {
				t.Errorf("%q after %q is answered %q", input, before, got)
			}
		}
	})
}
