package tlsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// A talk is a client with its session cache, and the session it is in.
type talk struct {
	t       *testing.T
	session *Session
	client  *tls.Config
}

// newTalk begins a session with a server, for a client that speaks one version of TLS.
func newTalk(t *testing.T, s *Server, version uint16) *talk {
	t.Helper()
	return &talk{t, s.Session(anywhere(), anywhere()), clientConfig(version)}
}

func clientConfig(version uint16) *tls.Config {
	return &tls.Config{
		ServerName:         "ftp.example.com",
		InsecureSkipVerify: true, // trust is not what these tests are about
		MinVersion:         version,
		MaxVersion:         version,
		ClientSessionCache: tls.NewLRUClientSessionCache(8),
	}
}

// A shaken is what both sides know after a handshake.
type shaken struct {
	server, client       tls.ConnectionState
	serverErr, clientErr error
}

// shake runs a handshake and sends a byte each way, so that TLS 1.3 delivers its tickets and its late alerts.
func shake(t testing.TB, dress func(net.Conn) *tls.Conn, config *tls.Config) shaken {
	t.Helper()
	a, b := pipe(t)
	server, client := dress(a), tls.Client(b, config)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var s shaken
	done := make(chan struct{})
	go func() {
		defer close(done)
		if s.serverErr = server.HandshakeContext(ctx); s.serverErr == nil {
			_, s.serverErr = server.Write([]byte{1})
		}
		s.server = server.ConnectionState()
		if s.serverErr != nil {
			_ = a.Close() // the error is the result
		}
	}()
	if s.clientErr = client.HandshakeContext(ctx); s.clientErr == nil {
		_, s.clientErr = client.Read(make([]byte, 1))
	}
	s.client = client.ConnectionState()
	<-done
	return s
}

// pipe is a pair of connected sockets: crypto/tls may block on a net.Pipe, which has no buffer.
func pipe(t testing.TB) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it accepted what it was for
	b, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), b.Close() }) // some are closed by then
	return a, b
}

// ok runs a handshake that has to succeed.
func ok(t testing.TB, dress func(net.Conn) *tls.Conn, config *tls.Config) shaken {
	t.Helper()
	s := shake(t, dress, config)
	if err := errors.Join(s.serverErr, s.clientErr); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return s
}

func memoryServer(t testing.TB, c Config) *Server {
	t.Helper()
	c.SelfSigned = SelfSignedAlways
	if len(c.Names) == 0 {
		c.Names = []string{"ftp.example.com"}
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// versions runs a test for each version of TLS.
func versions(t *testing.T, test func(t *testing.T, version uint16)) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) { test(t, version) })
	}
}

func TestDataResumesItsSession(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for _, binding := range []Binding{BindOff, BindWarn, BindRequire} {
			k := newTalk(t, memoryServer(t, Config{Binding: binding}), version)
			if s := ok(t, k.session.Control, k.client); s.server.DidResume {
				t.Fatal("the first control connection resumed a session")
			}
			for i := range 3 {
				if s := ok(t, k.session.Data, k.client); !s.server.DidResume || !s.client.DidResume {
					t.Errorf("%v: data connection %d did not resume", binding, i)
				}
			}
		}
	})
}

// Every way to come without a ticket of the session.
func TestForeignTickets(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for _, binding := range []Binding{BindOff, BindWarn, BindRequire} {
			server := memoryServer(t, Config{Binding: binding})
			mine := newTalk(t, server, version)
			ok(t, mine.session.Control, mine.client)

			other := newTalk(t, server, version)
			ok(t, other.session.Control, other.client)
			ok(t, other.session.Data, other.client) // so that it holds tickets of a data connection too

			elsewhere := newTalk(t, memoryServer(t, Config{Binding: binding}), version)
			ok(t, elsewhere.session.Control, elsewhere.client)

			none := clientConfig(version)
			none.ClientSessionCache = nil
			for name, client := range map[string]*tls.Config{
				"another session's": other.client, "another server's": elsewhere.client, "none": none,
			} {
				s := shake(t, mine.session.Data, client)
				switch {
				case binding == BindRequire && !errors.Is(s.serverErr, ErrNotResumed):
					t.Errorf("%v, ticket %s: %v; want ErrNotResumed", binding, name, s.serverErr)
				case binding == BindRequire && s.clientErr == nil:
					t.Errorf("%v, ticket %s: the client read data", binding, name)
				case binding != BindRequire && (s.serverErr != nil || s.clientErr != nil || s.server.DidResume):
					t.Errorf("%v, ticket %s: resumed %v, %v, %v", binding, name, s.server.DidResume, s.serverErr, s.clientErr)
				}
			}
			ok(t, mine.session.Data, mine.client) // which is none the worse for it
		}
	})
}

// A full handshake in TLS 1.3 hands out a ticket before the client can be refused. It must not open the port next time.
func TestTicketOfAFullHandshakeProvesNothing(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		for _, binding := range []Binding{BindWarn, BindRequire} {
			victim := newTalk(t, memoryServer(t, Config{Binding: binding}), version)
			ok(t, victim.session.Control, victim.client)
			thief := clientConfig(version)
			for i := range 3 {
				s := shake(t, victim.session.Data, thief)
				if s.server.DidResume || binding == BindRequire && !errors.Is(s.serverErr, ErrNotResumed) {
					t.Errorf("%v: stranger's connection %d resumed %v, %v", binding, i, s.server.DidResume, s.serverErr)
				}
			}
			if s := ok(t, victim.session.Data, victim.client); !s.server.DidResume {
				t.Errorf("%v: the session's own client did not resume", binding)
			}
		}
	})
}

// A client that comes back resumes its control connection; its old tickets are worth nothing for the new session's data.
func TestControlResumesEarlierSession(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		server := memoryServer(t, Config{Binding: BindRequire})
		first := newTalk(t, server, version)
		ok(t, first.session.Control, first.client)
		stale := tls.NewLRUClientSessionCache(8)
		state, _ := first.client.ClientSessionCache.Get("ftp.example.com")
		stale.Put("ftp.example.com", state)

		second := &talk{t, server.Session(anywhere(), anywhere()), first.client}
		if s := ok(t, second.session.Control, second.client); !s.server.DidResume {
			t.Error("the control connection of a client that came back did not resume")
		}
		if got := second.session.ServerName(); got != "ftp.example.com" {
			t.Errorf("ServerName() = %q after a resumed handshake", got)
		}
		ok(t, second.session.Data, second.client)

		old := clientConfig(version)
		old.ClientSessionCache = stale
		if s := shake(t, second.session.Data, old); !errors.Is(s.serverErr, ErrNotResumed) {
			t.Errorf("data with the ticket of an earlier session of the same client: %v", s.serverErr)
		}

		renamed := clientConfig(version)
		renamed.ServerName = "other.example.com"
		renamed.ClientSessionCache = onlyTicket{first.client.ClientSessionCache}
		third := server.Session(anywhere(), anywhere())
		if s := ok(t, third.Control, renamed); s.server.DidResume {
			t.Error("a control connection resumed a session of another server name")
		}
	})
}

// onlyTicket offers the ticket of ftp.example.com whatever the name.
type onlyTicket struct{ tls.ClientSessionCache }

func (c onlyTicket) Get(string) (*tls.ClientSessionState, bool) {
	return c.ClientSessionCache.Get("ftp.example.com")
}

// Ticket keys change every day, and a session may last longer. A ticket counts for a week.
func TestTicketsOutliveTheirKey(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		now := today()
		k := newTalk(t, memoryServer(t, Config{Binding: BindRequire, Now: func() time.Time { return now }}), version)
		ok(t, k.session.Control, k.client)
		for range 4 {
			now = now.Add(36 * time.Hour)
			ok(t, k.session.Data, k.client)
		}
		now = now.AddDate(0, 0, 8)
		if s := shake(t, k.session.Data, k.client); !errors.Is(s.serverErr, ErrNotResumed) {
			t.Errorf("a ticket more than a week old: %v", s.serverErr)
		}
	})
}

func TestVersions(t *testing.T) {
	old := clientConfig(tls.VersionTLS11)
	s := shake(t, newTalk(t, memoryServer(t, Config{}), 0).session.Control, old)
	if s.serverErr == nil || s.clientErr == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

func TestALPN(t *testing.T) {
	for _, test := range []struct {
		offer         []string
		control, data bool
	}{
		{nil, true, true},
		{[]string{"ftp"}, true, true},
		{[]string{"http/1.1", "ftp"}, true, true},
		{[]string{"ftp-data"}, false, true},
		{[]string{"http/1.1"}, false, false},
		{[]string{"h2", "http/1.1"}, false, false},
		{[]string{"imap"}, false, false},
	} {
		k := newTalk(t, memoryServer(t, Config{}), tls.VersionTLS13)
		k.client.NextProtos = test.offer
		if s := shake(t, k.session.Control, k.client); (s.serverErr == nil) != test.control {
			t.Errorf("control with %q: %v", test.offer, s.serverErr)
		}
		if s := shake(t, k.session.Data, k.client); (s.serverErr == nil) != test.data {
			t.Errorf("data with %q: %v", test.offer, s.serverErr)
		}
	}
}

func TestServerName(t *testing.T) {
	for name, want := range map[string]string{
		"Host-1.Example_x.com": "Host-1.Example_x.com", "": "", "a b": "", "a\nb": "", "ex\xc3\xa4mple.com": "",
	} {
		k := newTalk(t, memoryServer(t, Config{}), tls.VersionTLS13)
		k.client.ServerName = name
		ok(t, k.session.Control, k.client)
		if got := k.session.ServerName(); got != want {
			t.Errorf("SNI %q: ServerName() = %q; want %q", name, got, want)
		}
	}
}

// OpenSSL's words for what both sides agreed on.
func TestDescribe(t *testing.T) {
	for _, test := range []struct {
		version          uint16
		suite            uint16
		protocol, cipher string
		bits             int
	}{
		{tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", 256},
		{tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", 256},
		{tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "TLSv1.2", "AES128-SHA", 128},
		{tls.VersionTLS13, tls.TLS_AES_128_GCM_SHA256, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 128},
		{tls.VersionTLS13, tls.TLS_AES_256_GCM_SHA384, "TLSv1.3", "TLS_AES_256_GCM_SHA384", 256},
		{tls.VersionTLS13, tls.TLS_CHACHA20_POLY1305_SHA256, "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256", 256},
	} {
		protocol, cipher, bits := Describe(tls.ConnectionState{Version: test.version, CipherSuite: test.suite})
		if protocol != test.protocol || cipher != test.cipher || bits != test.bits {
			t.Errorf("Describe = %s, %s, %d; want %s, %s, %d", protocol, cipher, bits, test.protocol, test.cipher, test.bits)
		}
	}
}

func anywhere() netip.AddrPort { return netip.AddrPort{} }
