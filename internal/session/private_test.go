package session

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/tlsconf"
)

func TestTransfersOverTLS(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		l := newTLSLab(t, func(c *Config) { c.DataBinding = tlsconf.BindRequire })
		c := l.loginTLS(t, version)
		for _, size := range []int{0, 1, 4096, 64 << 10, 3 << 20} {
			content := strings.Repeat("0123456789abcdef", size/16+1)[:size]
			c.upload("f", content, properly)
			c.want("226")
			if got := l.read(t, "f"); got != content {
				t.Fatalf("an upload of %d bytes stored %d", size, len(got))
			}
			data, _ := c.private("RETR f")
			got, err := io.ReadAll(data)
			if err != nil || string(got) != content || !data.ConnectionState().DidResume {
				t.Fatalf("a download of %d bytes gave %d, %v, resumed: %v", size, len(got), err, data.ConnectionState().DidResume)
			}
			data.Close()
			c.want("226")
		}
		data, _ := c.private("NLST")
		if names, err := io.ReadAll(data); !strings.Contains(string(names), "f\r\n") || err != nil {
			t.Errorf("NLST gave %q, %v", names, err)
		}
		c.want("226")
		l.journal.expect(t, "TLS: Enabled TLSv1.")
		l.journal.expect(t, "SNI: [ftp.example]")
	})
}

func TestDataHandshakeFails(t *testing.T) {
	for name, begin := range map[string]func(*client, net.Conn) error{
		"clear text":     func(_ *client, raw net.Conn) error { _, err := io.WriteString(raw, "this is a file"); return err },
		"closed at once": func(_ *client, raw net.Conn) error { return raw.Close() },
		"no certificate accepted": func(c *client, raw net.Conn) error {
			conn := tls.Client(raw, &tls.Config{ServerName: "ftp.example", MaxVersion: tls.VersionTLS12})
			if err := conn.Handshake(); err == nil {
				return errors.New("the client accepted the certificate")
			}
			return raw.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTLSLab(t, nil)
			l.write(t, "f", "old")
			c := l.loginTLS(t, tls.VersionTLS13)
			for _, command := range []string{"STOR f", "APPE f", "STOR new", "STOU", "RETR f", "LIST"} {
				raw := c.passive()
				c.do(command, "150")
				if err := begin(c, raw); err != nil {
					t.Fatal(err)
				}
				c.want("425")
				raw.Close()
			}
			entries, err := os.ReadDir(l.home)
			if got := l.read(t, "f"); got != "old" || len(entries) != 1 || err != nil {
				t.Errorf("the file holds %q beside %v, %v; want the old one alone", got, entries, err)
			}
			l.journal.expect(t, "handshake on the data connection failed")
			c.upload("f", "content", properly)
			c.want("226")
		})
	}
}

func TestDataConnectionMustResume(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, binding := range []tlsconf.Binding{tlsconf.BindOff, tlsconf.BindWarn, tlsconf.BindRequire} {
			l := newTLSLab(t, func(c *Config) { c.DataBinding = binding })
			l.write(t, "f", "content")
			victim, thief := l.loginTLS(t, version), l.loginTLS(t, version)
			for _, ticket := range []tls.ClientSessionCache{nil, thief.tls.ClientSessionCache} { // none, and one of another session
				own := victim.tls.ClientSessionCache
				victim.tls.ClientSessionCache = ticket
				raw := victim.passive()
				victim.do("RETR f", "150")
				data := tls.Client(raw, victim.tls)
				got, err := io.ReadAll(data)
				raw.Close()
				victim.tls.ClientSessionCache = own
				if binding != tlsconf.BindRequire {
					if string(got) != "content" || err != nil || data.ConnectionState().DidResume {
						t.Errorf("%v: a download without resumption gave %q, %v", binding, got, err)
					}
					victim.want("226")
					continue
				}
				if len(got) > 0 {
					t.Errorf("require: a connection that resumes nothing got %q", got)
				}
				if reply := victim.want("425"); !strings.Contains(reply, "ssl-copy-sid") {
					t.Errorf("the 425 does not say what to switch on: %q", reply)
				}
			}
			if binding == tlsconf.BindWarn {
				l.journal.expect(t, "does not resume")
			}
			data, _ := victim.private("RETR f")
			if got, err := io.ReadAll(data); string(got) != "content" || err != nil {
				t.Errorf("%v: the client's own ticket gave %q, %v", binding, got, err)
			}
			victim.want("226")
		}
	})
}

// Under require the session says whose a data connection is, not the address.
func TestBoundDataConnectionsMayComeFromAnywhere(t *testing.T) {
	for _, anywhere := range []bool{false, true} {
		l := newTLSLab(t, func(c *Config) {
			c.DataBinding, c.DataFromAnywhere, c.PassiveWait = tlsconf.BindRequire, anywhere, 100*time.Millisecond
		})
		l.write(t, "f", "content")
		c := l.loginTLS(t, tls.VersionTLS13)
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		_, rest, _ := strings.Cut(c.do("EPSV", "229"), "(|||")
		port, _, _ := strings.Cut(rest, "|")
		raw, err := d.Dial("tcp4", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if !anywhere {
			c.do("RETR f", "425")
			continue
		}
		c.do("RETR f", "150")
		if got, err := io.ReadAll(tls.Client(raw, c.tls)); string(got) != "content" || err != nil {
			t.Errorf("from another address the ticket gave %q, %v", got, err)
		}
		c.want("226")
	}
}
