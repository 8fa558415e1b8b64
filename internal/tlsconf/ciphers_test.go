package tlsconf

import (
	"crypto/tls"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestCiphersOfOpenSSL compares with what OpenSSL makes of the same lists. A suite that is weak comes only when it is asked
// for by its own name or by that of RSA key exchange; else the answers are the same.
func TestCiphersOfOpenSSL(t *testing.T) {
	text, err := os.ReadFile("testdata/openssl-ciphers.txt")
	if err != nil {
		t.Fatal(err)
	}
	weak := map[string]bool{}
	for _, s := range suites() {
		weak[s.name] = s.weak != ""
	}
	compared := 0
	for line := range strings.Lines(string(text)) {
		list, answer, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		compared++
		want := strings.Fields(answer)
		parts := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":,; ", r) })
		byName := func(name string) bool {
			return slices.ContainsFunc(parts, func(part string) bool {
				words := strings.Split(part, "+")
				byExchange := name[0] == 'A' && (slices.Contains(words, "RSA") || slices.Contains(words, "kRSA"))
				return slices.Contains(words, name) || byExchange && !slices.Contains(words, "RC4")
			})
		}
		want = slices.DeleteFunc(want, func(name string) bool { return weak[name] && !byName(name) })
		got, err := ParseCiphers(list)
		if answer == "error" || len(want) == 0 {
			if !errors.Is(err, ErrCiphers) {
				t.Errorf("ParseCiphers(%q) = %v, %v; want an error", list, got.Names, err)
			}
			continue
		}
		slices.Sort(got.Names)
		if err != nil || !slices.Equal(got.Names, want) {
			t.Errorf("ParseCiphers(%q) = %v, %v; want %v", list, got.Names, err, want)
		}
	}
	if compared < 50 {
		t.Errorf("%d lists compared", compared)
	}
}

// Debian's list, and the lists of the documents, need no remark.
func TestUsualCipherLists(t *testing.T) {
	for _, list := range []string{
		"", "HIGH", "HIGH:!aNULL", "ECDHE+AESGCM", "HIGH:!SSLv3:!TLSv1:!RC4:!aNULL:!MD5:!DHE-RSA-DES-CBC3-SHA",
	} {
		got, err := ParseCiphers(list)
		if err != nil || got.Remark() != "" || (got.IDs == nil) != (list == "") {
			t.Errorf("ParseCiphers(%q) = %+v, %v, %q", list, got, err, got.Remark())
		}
	}
}

// A list is what a client meets.
func TestCiphersInHandshake(t *testing.T) {
	s := memoryServer(t, Config{Ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305"})
	k := newTalk(t, s, tls.VersionTLS12)
	got := ok(t, k.session.Control, k.client).server.CipherSuite
	if got != tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 {
		t.Errorf("agreed on %s", tls.CipherSuiteName(got))
	}
	k.client.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	if shake(t, k.session.Control, k.client).serverErr == nil {
		t.Error("agreed on a cipher that is not in the list")
	}
}

// FuzzParseCiphers checks that a list that is taken leaves something, of ours, and that the names it leaves mean the same.
func FuzzParseCiphers(f *testing.F) {
	for _, seed := range []string{
		"HIGH", "HIGH:!aNULL", "ALL:!ADH:@STRENGTH", "ECDHE+AESGCM:-AES128", "kRSA, RSA;!SHA1", "@SECLEVEL=3:AES",
		"+", "!", "++", "a+", "TLS_RSA_WITH_AES_128_CBC_SHA", "-S:", "HIGH:\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		got, err := ParseCiphers(list)
		if err != nil {
			if !errors.Is(err, ErrCiphers) || strings.ContainsAny(err.Error(), "\n\r\x00") || len(err.Error()) > 1000 {
				t.Errorf("ParseCiphers(%q): %v", list, err)
			}
			return
		}
		if list == "" {
			return
		}
		if len(got.IDs) == 0 || len(got.IDs) != len(got.Names) || len(got.IDs) > len(suites()) {
			t.Errorf("ParseCiphers(%q) = %v", list, got)
		}
		again, err := ParseCiphers(strings.Join(got.Names, ":"))
		if err != nil || !slices.Equal(again.IDs, got.IDs) {
			t.Errorf("ParseCiphers(%q) leaves %v, which leave %v, %v", list, got.Names, again.Names, err)
		}
	})
}
