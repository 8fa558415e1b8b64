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

// alert matches how TLS ends that was never agreed on.
var alert = regexp.MustCompile(`(?s)\A\x15\x03.\x00\x02..\z`)

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
		"AUTH TLS", "AUTH TLS\r\nUSER ann\r\nPASS secret\r\nPWD\r\n", "auth tls\n\x00", "AUTH GSSAPI\r\nAUTH\r\nAUTH TLS-P\r\nADAT x\r\n",
		"PBSZ 0\r\nPROT P\r\nCCC\r\nPROT C\r\n", "NOOP\r\nAUTH TLS\r\n\r\n\r\nQUIT\r\n",
		"CWD ~root\r\nCWD a\x00b\nPWD\n", "OPTS MLST \r\nMFMT 2020 f\r\nALLO 5\r\n",
	} {
		f.Add([]byte(seed))
	}
	slow := regexp.MustCompile(`(?i)(^|\n)[^a-z0-9]*(LIST|NLST|MLSD|RETR|STOR|STOU|APPE|ESTP|ESTA|PASV|P@SW|EPSV|PASS|CWD|XCWD|SITE)`)
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > ftp.MaxCommandLine || slow.Match(input) && bytes.Count(input, []byte("\n")) > 20 {
			return // these may wait, for a data connection or on purpose
		}
		if bytes.ContainsAny(input, "\x15\x16") {
			return // in the place of a handshake these begin a record, the rest of which is waited for
		}
		l := newTLSLab(t, func(c *Config) { c.PassiveWait = time.Millisecond })
		l.write(t, "f", "content")
		for _, before := range []string{"", "USER ann\r\nPASS secret\r\n"} {
			got := talk(t, l, append([]byte(before), input...))
			if i := bytes.LastIndex(got, []byte("\r\n")); bytes.Contains(got, []byte("234 ")) && alert.Match(got[i+2:]) {
				got = got[:i+2] // TLS had begun, and was refused
			}
			if !replies.Match(got) {
				t.Errorf("%q after %q is answered %q", input, before, got)
			}
		}
	})
}
