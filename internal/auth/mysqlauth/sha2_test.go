package mysqlauth

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"pureftpd/internal/auth"
)

// A sha2Server is as much of MySQL 8 as it takes to sign in with caching_sha2_password, without TLS: the quick way when it has
// seen the password before, the long one with a key of its own when it has not. It answers the first statement with an error
// that says so.
type sha2Server struct {
	password string
	seen     bool
	key      *rsa.PrivateKey
}

// serve speaks with one client.
func (s *sha2Server) serve(conn net.Conn) error {
	nonce := []byte("0123456789abcdefghij")
	hello := slices.Concat([]byte("\x0a8.0.0\x00\x01\x00\x00\x00"), nonce[:8], []byte{0},
		[]byte{0x09, 0xa2}, []byte{45, 2, 0}, []byte{0x08, 0x00}, []byte{21}, make([]byte, 10), nonce[8:], []byte("\x00caching_sha2_password\x00"))
	if err := send(conn, 0, hello); err != nil {
		return err
	}
	answer, seq, err := receive(conn)
	if err != nil {
		return err
	}
	rest := answer[32:]
	user, rest, _ := bytes.Cut(rest, []byte{0})
	proof := rest[1 : 1+rest[0]]
	if string(user) != "ftp" || !bytes.Equal(proof, scramble(s.password, nonce)) {
		return s.refuse(conn, seq+1, "28000", "Access denied")
	}
	if s.seen {
		err = send(conn, seq+1, []byte{1, 3})
		seq++
	} else {
		seq, err = s.long(conn, seq, nonce)
	}
	if err != nil {
		return err
	}
	if err := send(conn, seq+1, []byte{0, 0, 0, 2, 0, 0, 0}); err != nil {
		return err
	}
	if _, seq, err = receive(conn); err != nil {
		return err
	}
	return s.refuse(conn, seq+1, "HY000", "signed in")
}

// long takes the password itself, under the server's key.
func (s *sha2Server) long(conn net.Conn, seq byte, nonce []byte) (byte, error) {
	if err := send(conn, seq+1, []byte{1, 4}); err != nil {
		return 0, err
	}
	request, seq, err := receive(conn)
	if err != nil || !bytes.Equal(request, []byte{2}) {
		return 0, fmt.Errorf("it sends %q, %w; want the request for the key", request, err)
	}
	der, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	if err != nil {
		return 0, err
	}
	if err := send(conn, seq+1, append([]byte{1}, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)); err != nil {
		return 0, err
	}
	sealed, seq, err := receive(conn)
	if err != nil {
		return 0, err
	}
	text, err := rsa.DecryptOAEP(sha1.New(), rand.Reader, s.key, sealed, nil)
	if err != nil {
		return 0, err
	}
	for i := range text {
		text[i] ^= nonce[i%len(nonce)]
	}
	if string(text) != s.password+"\x00" {
		return 0, fmt.Errorf("it sends the password %q", text)
	}
	return seq, nil
}

func (s *sha2Server) refuse(conn net.Conn, seq byte, state, text string) error {
	return send(conn, seq, append([]byte{0xff, 1, 4, '#'}, state+text...))
}

// scramble is what proves the password: SHA256(p) XOR SHA256(SHA256(SHA256(p)), nonce).
func scramble(password string, nonce []byte) []byte {
	one := sha256.Sum256([]byte(password))
	two := sha256.Sum256(one[:])
	three := sha256.Sum256(append(two[:], nonce...))
	for i := range one {
		one[i] ^= three[i]
	}
	return one[:]
}

// send and receive carry one packet.
func send(conn net.Conn, seq byte, payload []byte) error {
	_, err := conn.Write(append([]byte{byte(len(payload)), byte(len(payload) >> 8), 0, seq}, payload...))
	return err
}

func receive(conn net.Conn) (payload []byte, seq byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, 0, err
	}
	payload = make([]byte, int(head[0])|int(head[1])<<8)
	_, err = io.ReadFull(conn, payload)
	return payload, head[3], err
}

func TestCachingSHA2(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		password string
		seen     bool
		want     string
	}{
		{"hunter2", false, "MYSQLGetPW: Error 1025 (HY000): signed in"},
		{"hunter2", true, "MYSQLGetPW: Error 1025 (HY000): signed in"},
		{"hunter3", true, "connect: Error 1025 (28000): Access denied"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			conn, err := l.Accept()
			if err == nil {
				err = (&sha2Server{"hunter2", test.seen, key}).serve(conn)
				_, _ = io.Copy(io.Discard, conn) // until the client hangs up
				conn.Close()
			}
			ended <- err
		}()
		b, err := New(config(t, fmt.Sprintf("%sMYSQLServer 127.0.0.1\nMYSQLPort %d\nMYSQLUser ftp\nMYSQLPassword %s\n",
			queries, l.Addr().(*net.TCPAddr).Port, test.password)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Authenticate(t.Context(), auth.Credentials{User: "joe", Password: "x"})
		if !errors.Is(err, auth.ErrDown) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, seen %v: %v; want %q", test.password, test.seen, err, test.want)
		}
		if err := errors.Join(b.Close(), l.Close(), <-ended); err != nil {
			t.Errorf("%s, seen %v: %v", test.password, test.seen, err)
		}
	}
}
