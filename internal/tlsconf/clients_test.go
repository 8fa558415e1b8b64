package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"
	"time"
)

func tlsCert(h *holder) tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{h.cert.Raw}, PrivateKey: h.key, Leaf: h.cert}
}

func chainOf(h *holder) []*x509.Certificate { return []*x509.Certificate{h.cert} }

func TestClientCertificates(t *testing.T) {
	dir := t.TempDir()
	ca := issue(t, nil, request{name: "CA", ca: true})
	stranger := issue(t, nil, request{name: "Other CA", ca: true})
	serverCert := issue(t, ca, server())
	path := put(t, in(dir, "main.pem"), slicesOf(serverCert.both(t), ca.certPEM()))
	other := put(t, in(dir, "ca.pem"), stranger.certPEM())
	past := request{name: "ann", client: true, from: today().AddDate(-2, 0, 0), to: today().AddDate(-1, 0, 0)}
	certs := map[string]*holder{
		"none": nil, "ours": issue(t, ca, request{name: "ann", client: true}),
		"theirs":  issue(t, stranger, request{name: "ann", client: true}),
		"own":     issue(t, nil, request{name: "ann", client: true}),
		"expired": issue(t, ca, past), "a server's": issue(t, ca, request{name: "ann"}),
	}
	for _, test := range []struct {
		rule   ClientRule
		ca     string
		admits []string
	}{
		{ClientsUnasked, "", []string{"none", "ours", "theirs", "own", "expired", "a server's"}},
		{ClientsMay, "", []string{"none", "ours"}},
		{ClientsMust, "", []string{"ours"}},
		{ClientsMay, other, []string{"none", "theirs"}},
		{ClientsMust, other, []string{"theirs"}},
	} {
		s, err := New(Config{
			Certificate: path, Clients: test.rule, ClientCA: test.ca, Binding: BindRequire, Now: today,
		})
		if err != nil {
			t.Fatal(err)
		}
		versions(t, func(t *testing.T, version uint16) {
			for name, h := range certs {
				k := newTalk(t, s, version)
				if h != nil {
					cert := tlsCert(h)
					k.client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
						return &cert, nil
					}
				}
				got := shake(t, k.session.Control, k.client)
				if (got.serverErr == nil) != slices.Contains(test.admits, name) {
					t.Errorf("%v, authority %q, certificate %s: %v", test.rule, test.ca, name, got.serverErr)
				}
				want := ""
				if test.rule != ClientsUnasked && h != nil {
					want = "ann"
				}
				if got.serverErr != nil {
					continue
				}
				if ClientName(got.server) != want {
					t.Errorf("%v, certificate %s: ClientName = %q; want %q", test.rule, name, ClientName(got.server), want)
				}
				if data := ok(t, k.session.Data, k.client); !data.server.DidResume || ClientName(data.server) != want {
					t.Errorf("%v, certificate %s: data resumed %v, ClientName = %q", test.rule, name, data.server.DidResume,
						ClientName(data.server))
				}
			}
		})
	}
}

// A session that began with a certificate ends with it: after its last day a ticket is no way in.
func TestClientCertificateRunsOut(t *testing.T) {
	now := today()
	ca := issue(t, nil, request{name: "CA", ca: true})
	s, err := New(Config{
		Certificate: put(t, in(t.TempDir(), "main.pem"), slicesOf(issue(t, ca, server()).both(t), ca.certPEM())),
		Clients:     ClientsMust, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	versions(t, func(t *testing.T, version uint16) {
		now = today()
		k := newTalk(t, s, version)
		k.client.Certificates = []tls.Certificate{tlsCert(issue(t, ca, request{
			name: "ann", client: true, from: today().AddDate(0, 0, -1), to: today().AddDate(0, 0, 1),
		}))}
		ok(t, k.session.Control, k.client)
		ok(t, k.session.Data, k.client)
		now = today().AddDate(0, 0, 2)
		if got := shake(t, k.session.Data, k.client); got.serverErr == nil {
			t.Error("data is sent for a certificate that has expired")
		}
	})
}

func TestClientNames(t *testing.T) {
	h := issue(t, nil, request{
		name: "Ann Example", emails: []string{"ann@example.com"}, dns: []string{"ann.example.com"}, client: true,
	})
	verified := tls.ConnectionState{PeerCertificates: chainOf(h), VerifiedChains: [][]*x509.Certificate{chainOf(h)}}
	if got := ClientName(verified); got != "Ann Example" {
		t.Errorf("ClientName = %q", got)
	}
	for login, want := range map[string]bool{
		"Ann Example": true, "ann@example.com": true, "ann.example.com": true,
		"": false, "ann": false, "ANN@example.com": false, "example.com": false,
	} {
		if got := ClientIs(verified, login); got != want {
			t.Errorf("ClientIs(%q) = %v; want %v", login, got, want)
		}
	}
	unverified := tls.ConnectionState{PeerCertificates: chainOf(h)}
	nameless := issue(t, nil, request{client: true})
	for name, state := range map[string]tls.ConnectionState{
		"none": {}, "unverified": unverified,
		"without names": {PeerCertificates: chainOf(nameless), VerifiedChains: [][]*x509.Certificate{chainOf(nameless)}},
	} {
		if ClientName(state) != "" || ClientIs(state, "Ann Example") || ClientIs(state, "") {
			t.Errorf("%s: ClientName = %q", name, ClientName(state))
		}
	}
}
