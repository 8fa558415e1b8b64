//go:build clients

package acme

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// patience bounds whatever a test waits for.
const patience = time.Minute

// build builds Pebble once.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "pebble-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "pebble")
	out, err := exec.Command("go", "build", "-o", path, "github.com/letsencrypt/pebble/v2/cmd/pebble").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build pebble: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// An authority is a Pebble that looks for names at one address.
type authority struct {
	directory  string // URL
	rootFile   string // who signed its own certificate, PEM
	transport  *http.Transport
	http, tls  string // where it looks
	management string
	stop       func()
}

// start starts one that finds every name at host, but none.example nowhere. Its port for HTTP-01 is a free one if it is 0.
func start(t *testing.T, host string, httpPort int) *authority {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "authority-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // a server that is nobody reads the root
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if httpPort == 0 {
		httpPort = freePort(t, host)
	}
	api, management, tlsPort := freePort(t, "127.0.0.1"), freePort(t, "127.0.0.1"), freePort(t, host)
	a := &authority{
		directory:  fmt.Sprintf("https://127.0.0.1:%d/dir", api),
		rootFile:   filepath.Join(dir, "root.pem"),
		http:       fmt.Sprintf("%s:%d", host, httpPort),
		tls:        fmt.Sprintf("%s:%d", host, tlsPort),
		management: fmt.Sprintf("https://127.0.0.1:%d", management),
	}
	pool := a.certificate(t, dir)
	a.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress":           fmt.Sprintf("127.0.0.1:%d", api),
		"managementListenAddress": fmt.Sprintf("127.0.0.1:%d", management),
		"certificate":             filepath.Join(dir, "cert.pem"),
		"privateKey":              filepath.Join(dir, "key.pem"),
		"httpPort":                httpPort,
		"tlsPort":                 tlsPort,
		"domainBlocklist":         []string{"blocked.example"},
		"retryAfter":              map[string]int{"authz": 1, "order": 1},
		"keyAlgorithm":            "ecdsa",
		"profiles": map[string]any{
			"default": map[string]any{"description": "as Let's Encrypt's", "validityPeriod": 90 * 24 * 3600},
		},
	}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-config", filepath.Join(dir, "config.json"), "-dnsserver", names(t, host))
	cmd.Env = append(os.Environ(),
		"PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0", "PEBBLE_WFE_AUTHZREUSE=0", // every name is proved each time
		"PEBBLE_WFE_NONCEREJECT=20") // per cent
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("pebble:\n%.20000s", output.String())
		}
	})
	t.Cleanup(a.stop)
	client := &http.Client{Transport: a.transport}
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		res, err := client.Get(a.directory)
		if err == nil {
			_ = res.Body.Close()
			return a
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
}

// certificate makes the one that the authority itself speaks HTTPS with.
func (a *authority) certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority under test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
		os.WriteFile(filepath.Join(dir, "cert.pem"), text, 0o644),
		os.WriteFile(a.rootFile, text, 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}

// roots are what clients trust of it: it makes new ones in each start.
func (a *authority) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	res, err := (&http.Client{Transport: a.transport}).Get(a.management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("no root: %s", text)
	}
	return pool
}

func freePort(t *testing.T, host string) int {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// names is a DNS server, over TCP, that knows every name but none.example, and returns its address.
func names(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				if conn.SetDeadline(time.Now().Add(patience)) == nil {
					answer(conn, host)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

// answer answers questions until the client has no more.
func answer(conn net.Conn, host string) {
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		b := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(b) != nil || len(m.Questions) != 1 {
			return
		}
		q := m.Questions[0]
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		switch {
		case strings.HasPrefix(q.Name.String(), "none.example"):
			m.RCode = dnsmessage.RCodeNameError
		case q.Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(host).To4())},
			}}
		}
		packed, err := m.AppendPack(make([]byte, 2))
		if err != nil {
			return
		}
		binary.BigEndian.PutUint16(packed, uint16(len(packed)-2))
		if _, err := conn.Write(packed); err != nil {
			return
		}
	}
}
