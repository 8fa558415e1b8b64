package tlsconf

import (
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
)

// seen is the common name of the certificate that a client is shown.
func seen(t testing.TB, session *Session, client *tls.Config) string {
	t.Helper()
	return ok(t, session.Control, client).client.PeerCertificates[0].Subject.CommonName
}

func TestCertificateByName(t *testing.T) {
	dir := t.TempDir()
	files := t.TempDir()
	write := func(name string, r request) {
		put(t, in(dir, name), issue(t, nil, r).both(t))
	}
	write("a.pem", request{name: "A", dns: []string{"A.example.com", "shared.example.com"}})
	write("b.pem", request{name: "B", dns: []string{"b.example.com"}, key: rsaKey(t, 2048)})
	write("b2.pem", request{name: "B2", dns: []string{"b.example.com"}})
	write("c.pem", request{name: "c.example.com"}) // by its common name
	write("shared.pem", request{name: "late", dns: []string{"shared.example.com"}})
	write("wild.pem", request{name: "Wild", dns: []string{"*.wild.example.com"}})
	write("zz-ip.pem", request{name: "Address", ips: []net.IP{net.IPv4(192, 0, 2, 7), net.ParseIP("2001:db8::7")}})
	write(".hidden.pem", request{name: "Hidden", dns: []string{"hidden.example.com"}})
	write("other.txt", request{name: "Text", dns: []string{"text.example.com"}})
	pair := issue(t, nil, request{name: "Two", dns: []string{"two.example.com"}})
	put(t, in(dir, "two.crt"), pair.certPEM())
	put(t, in(dir, "two.key"), pair.keyPEM(t))
	main := issue(t, nil, request{name: "Main", dns: []string{"ftp.example.com"}})

	var log said
	s, err := New(Config{
		Certificate: put(t, in(files, "main.pem"), main.both(t)), Directory: dir, Now: today, Report: log.report,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range log.take() {
		if line != in(dir, "c.pem")+`: no names in the certificate of "c.example.com", and clients look for the server's; `+
			`ask for one with a subjectAltName` {
			t.Errorf("reported: %s", line)
		}
	}
	at := func(address string) *Session {
		return s.Session(netip.AddrPortFrom(netip.MustParseAddr(address), 21), anywhere())
	}
	versions(t, func(t *testing.T, version uint16) {
		for name, want := range map[string]string{
			"a.example.com": "A", "A.EXAMPLE.com": "A", "b.example.com": "B2", "c.example.com": "c.example.com",
			"shared.example.com": "A", "x.wild.example.com": "Wild", "x.y.wild.example.com": "Main", "wild.example.com": "Main",
			"two.example.com": "Two", "ftp.example.com": "Main", "nobody.example.com": "Main", "": "Main",
			"hidden.example.com": "Main", "text.example.com": "Main", "*.wild.example.com": "Wild",
		} {
			client := clientConfig(version)
			client.ServerName = name
			if got := seen(t, at("127.0.0.1"), client); got != want {
				t.Errorf("SNI %q: certificate %s; want %s", name, got, want)
			}
		}
		for address, want := range map[string]string{
			"192.0.2.7": "Address", "::ffff:192.0.2.7": "Address", "2001:db8::7": "Address", "192.0.2.8": "Main",
		} {
			client := clientConfig(version)
			client.ServerName = ""
			if got := seen(t, at(address), client); got != want {
				t.Errorf("to %s without SNI: certificate %s; want %s", address, got, want)
			}
		}
	})
	rsaOnly := clientConfig(tls.VersionTLS12)
	rsaOnly.ServerName = "b.example.com"
	rsaOnly.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	if got := seen(t, at("127.0.0.1"), rsaOnly); got != "B" {
		t.Errorf("a client without ECDSA: certificate %s; want B", got)
	}
}

// A data connection shows what the control connection showed, whatever its own SNI and the files say by then: clients compare.
func TestDataShowsSameCertificate(t *testing.T) {
	dir := t.TempDir()
	path := put(t, in(dir, "main.pem"), issue(t, nil, request{name: "Old", dns: []string{"x"}}).both(t))
	certs := t.TempDir()
	put(t, in(certs, "a.pem"), issue(t, nil, request{name: "A", dns: []string{"a.example.com"}}).both(t))
	s, err := New(Config{Certificate: path, Directory: certs, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "Old", "a.example.com": "A"} {
		session := s.Session(anywhere(), anywhere())
		client := clientConfig(tls.VersionTLS13)
		client.ClientSessionCache = nil
		client.ServerName = name
		if got := seen(t, session, client); got != want {
			t.Fatalf("control shows %s; want %s", got, want)
		}
		put(t, path, issue(t, nil, request{name: "New", dns: []string{"x"}}).both(t))
		(&reloading{t: t, s: s}).eager()
		if got := seen(t, s.Session(anywhere(), anywhere()), clientConfig(0)); got != "New" {
			t.Errorf("a new session is shown %s", got)
		}
		client.ServerName = "elsewhere.example.com"
		if got := ok(t, session.Data, client).client.PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("data shows %s; want %s", got, want)
		}
		put(t, path, issue(t, nil, request{name: "Old", dns: []string{"x"}}).both(t))
		(&reloading{t: t, s: s}).eager()
	}
}
