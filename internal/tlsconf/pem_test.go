package tlsconf

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Whatever the order of the blocks, the chain is the same and the handshake succeeds.
func TestAnyOrder(t *testing.T) {
	top := issue(t, nil, request{name: "Root", ca: true})
	a := issue(t, top, request{name: "A", ca: true})
	b := issue(t, a, request{name: "B", ca: true})
	leaf := issue(t, b, server())
	parts := [][]byte{leaf.certPEM(), b.certPEM(), a.certPEM(), top.certPEM(), leaf.keyPEM(t), []byte("# a remark\n")}
	roots := x509.NewCertPool()
	roots.AddCert(top.cert)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		s, err := New(Config{Certificate: put(t, in(t.TempDir(), "a.pem"), slicesOf(parts...)), Roots: roots, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		got := s.current.Load().main.tls.Certificate
		want := [][]byte{leaf.cert.Raw, b.cert.Raw, a.cert.Raw, top.cert.Raw}
		if !slices.EqualFunc(got, want, slices.Equal[[]byte]) {
			t.Fatalf("a chain of %d certificates in the wrong order", len(got))
		}
		client := &tls.Config{ServerName: "ftp.example.com", RootCAs: roots, Time: today}
		ok(t, s.Session(anywhere(), anywhere()).Control, client)
	}
}

// Every kind of key in every form it is stored in.
func TestKinds(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ECDSA": ecKey(t), "RSA": rsaKey(t, 2048), "Ed25519": edKey(t)} {
		r := server()
		r.key = key
		h := issue(t, nil, r)
		forms := [][]byte{h.keyPEM(t), old(t, h.key)}
		for i, form := range forms {
			if form == nil {
				continue
			}
			s, err := New(Config{Certificate: put(t, in(t.TempDir(), "a.pem"), slicesOf(form, h.certPEM())), Now: today})
			if err != nil {
				t.Errorf("%s, form %d: %v", name, i, err)
				continue
			}
			versions(t, func(t *testing.T, version uint16) {
				ok(t, s.Session(anywhere(), anywhere()).Control, clientConfig(version))
			})
		}
	}
}

// old is a key in the form of its kind, older than PKCS #8; nil if there is none.
func old(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	}
	return nil
}

// FuzzPEM checks that a file either is refused in one line, or gives a chain that belongs to its key, each certificate
// issued by the next.
func FuzzPEM(f *testing.F) {
	tr := newTree(f, server())
	f.Add(slicesOf(tr.leaf.certPEM(), tr.between.certPEM(), tr.leaf.keyPEM(f)))
	f.Add(slicesOf(tr.between.certPEM(), tr.leaf.keyPEM(f), tr.leaf.certPEM(), tr.root.certPEM(), tr.root.keyPEM(f)))
	f.Add(tr.leaf.certPEM())
	f.Add(tr.leaf.cert.Raw)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := parsePEM(text)
		var p *pair
		if err == nil {
			p, err = newPair(b.certs, b.keys)
		}
		if err != nil {
			if p != nil || strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("%v, %q", p, err)
			}
			return
		}
		public, isKey := p.leaf().PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		if !isKey || !public.Equal(p.tls.PrivateKey.(crypto.Signer).Public()) {
			t.Error("the key is not the certificate's")
		}
		if len(p.chain) > maxChain || len(p.chain)+p.unused != len(b.certs) || len(p.tls.Certificate) != len(p.chain) {
			t.Errorf("a chain of %d, unused %d, of %d", len(p.chain), p.unused, len(b.certs))
		}
		for i, cert := range p.chain[1:] {
			if string(p.chain[i].RawIssuer) != string(cert.RawSubject) {
				t.Errorf("certificate %d is not issued by the next", i)
			}
		}
		for _, message := range (Config{Roots: x509.NewCertPool()}).withDefaults().remarks(p) {
			if strings.ContainsAny(message, "\n\r\x00") {
				t.Errorf("a remark of more than a line: %q", message)
			}
		}
	})
}
