package tlsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestExternal(t *testing.T) {
	dir := t.TempDir()
	path := put(t, in(dir, "main.pem"), bearing(t, "own"))
	alt := issue(t, nil, request{name: "alt", dns: []string{"x"}})
	whole := put(t, in(dir, "alt.pem"), alt.both(t))
	cert, key := put(t, in(dir, "alt.crt"), alt.certPEM()), put(t, in(dir, "alt.key"), alt.keyPEM(t))
	none := in(dir, "none.pem")
	trouble := errors.New("nobody answers")
	var answer External
	var failure error
	var asked []string
	var log said
	s, err := New(Config{Certificate: path, Now: today, Report: log.report,
		External: func(_ context.Context, name string) (External, error) {
			asked = append(asked, name)
			return answer, failure
		}})
	if err != nil {
		t.Fatal(err)
	}
	versions(t, func(t *testing.T, version uint16) {
		for _, test := range []struct {
			name    string
			answer  External
			failure error
			want    string // the certificate
			err     error
		}{
			{"zero", External{}, nil, "", ErrDenied},
			{"deny", External{Action: Deny, Certificate: whole}, nil, "", ErrDenied},
			{"an action that is none", External{Action: 9, Certificate: whole}, nil, "", ErrDenied},
			{"default", External{Action: Default, Certificate: whole}, nil, "own", nil},
			{"strict", External{Action: Strict, Certificate: whole}, nil, "alt", nil},
			{"strict with key", External{Action: Strict, Certificate: cert, Key: key}, nil, "alt", nil},
			{"strict, no file", External{Action: Strict, Certificate: none}, nil, "", fs.ErrNotExist},
			{"strict, no name", External{Action: Strict}, nil, "", errAny},
			{"strict, key missing", External{Action: Strict, Certificate: cert}, nil, "", errAny},
			{"fallback", External{Action: Fallback, Certificate: whole}, nil, "alt", nil},
			{"fallback, no file", External{Action: Fallback, Certificate: none}, nil, "own", nil},
			{"fallback, no name", External{Action: Fallback}, nil, "", errAny},
			{"trouble", External{Action: Default}, trouble, "", trouble},
		} {
			answer, failure, asked = test.answer, test.failure, nil
			client := clientConfig(version)
			client.ServerName = "Host_1.example.com"
			for range 2 { // the second is served from what is kept, and resumes nothing
				asked = nil
				session := s.Session(anywhere(), anywhere())
				got := shake(t, session.Control, client)
				if len(asked) != 1 || asked[0] != "Host_1.example.com" || got.server.DidResume {
					t.Errorf("%s: asked for %q, resumed %v", test.name, asked, got.server.DidResume)
				}
				if test.err != nil {
					named := test.err != errAny
					if got.serverErr == nil || got.clientErr == nil || named && !errors.Is(got.serverErr, test.err) {
						t.Errorf("%s: %v; want %v", test.name, got.serverErr, test.err)
					}
					continue
				}
				if got.serverErr != nil || got.client.PeerCertificates[0].Subject.CommonName != test.want {
					t.Errorf("%s: %v; want certificate %s", test.name, got.serverErr, test.want)
					continue
				}
				data := ok(t, session.Data, client)
				if len(asked) != 1 || !data.server.DidResume {
					t.Errorf("%s: data asked again or did not resume", test.name)
				}
			}
		}
		for _, name := range []string{"", "a b"} { // nobody is asked
			failure, asked = trouble, nil
			client := clientConfig(version)
			client.ServerName = name
			if got := seen(t, s.Session(anywhere(), anywhere()), client); got != "own" || asked != nil {
				t.Errorf("SNI %q: certificate %s, asked for %q", name, got, asked)
			}
		}
	})
	lines := log.take()
	if len(lines) != 1 || !strings.HasSuffix(lines[0], "create it, or name the right one; the server's own is used") {
		t.Errorf("reported %q", lines)
	}
}

// errAny stands for an error without a name.
var errAny = errors.New("any")

// A file that an answer names is read again when it changes.
func TestExternalReload(t *testing.T) {
	dir := t.TempDir()
	alt := put(t, in(dir, "alt.pem"), bearing(t, "one"))
	s := memoryServer(t, Config{Now: today, External: func(context.Context, string) (External, error) {
		return External{Action: Strict, Certificate: alt}, nil
	}})
	for _, name := range []string{"one", "two"} {
		put(t, alt, bearing(t, name))
		if got := seen(t, s.Session(anywhere(), anywhere()), clientConfig(tls.VersionTLS13)); got != name {
			t.Errorf("shows %s; want %s", got, name)
		}
	}
}
