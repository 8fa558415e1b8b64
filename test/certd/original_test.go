//go:build oracle

package certd

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/certd"
	"pureftpd/test/harness"
)

var original = flag.String("oracle", "", "the `program` of the original's server; its pure-certd is beside it")

// A result is what a client gets to see of an answer: the name of a certificate, or none.
type result string

const (
	own     result = "default.example"
	named   result = "named.example"
	refused result = ""
)

// results says what the original makes of the answers in internal/certd/testdata.
func results() map[string]result {
	return map[string]result{
		"strict": named, "strict-key": named, "fallback": named, "UPPER": named,
		"default": own, "default-with-cert": own,
		"deny": refused, "bogus": refused, "empty": refused, "noaction": refused, "noend": refused, "relcert": refused,
		"strict-missing-cert": refused, "fallback-missing-cert": refused, "strict-badfile": refused,
		"fallback-badfile": refused, // against its own manual; see docs/differences.md
	}
}

// answers makes a folder with certificates, and with a program that answers to NAME.host.example with the file NAME.
func answers(t *testing.T) (dir, program string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-certd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	certificate(t, dir, own, "default")
	certificate(t, dir, named, "alt")
	for name := range results() {
		text, err := os.ReadFile(filepath.Join("../../internal/certd/testdata/reply-" + name + ".txt"))
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), "/tmp/specB/w/", dir+"/"))
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program = filepath.Join(dir, "program")
	script := "#!/bin/sh\nexec cat '" + dir + "'/\"${CERTD_SNI_NAME%%.*}\"\n"
	if err := harness.WriteProgram(program, script); err != nil {
		t.Fatal(err)
	}
	return dir, program
}

// certificate makes FILE.pem with certificate and key, and FILE.crt and FILE.key with one of them each.
func certificate(t *testing.T, dir string, name result, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: string(name)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{string(name), "*.host.example"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pkcs8 := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	base := filepath.Join(dir, file)
	err = errors.Join(
		os.WriteFile(base+".crt", crt, 0o644),
		os.WriteFile(base+".key", pkcs8, 0o600),
		os.WriteFile(base+".pem", append(crt, pkcs8...), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// begin starts a pure-certd and returns its socket. The test's end stops it.
func begin(t *testing.T, binary, dir, program string) string {
	t.Helper()
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(binary, "-s", socket, "-p", filepath.Join(dir, "pid"), "-r", program)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
			t.Error(err)
		}
	})
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			return socket
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
}

// theirs and ours are the programs of the two.
func theirs() string { return filepath.Join(filepath.Dir(*original), "pure-certd") }

func ours(t *testing.T) string {
	t.Helper()
	path, err := harness.Build(t.TempDir(), "pure-certd")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// seen returns the name of the certificate that a server shows to a client that asks for a host.
func seen(t *testing.T, s *harness.Server, host string) result {
	t.Helper()
	conn, err := s.Dial("", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(conn)
	expect := func(code string) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("%s: %v", host, err)
			}
			if strings.HasPrefix(line, code+" ") {
				return
			}
		}
	}
	expect("220")
	if _, err := fmt.Fprint(conn, "AUTH TLS\r\n"); err != nil {
		t.Fatal(err)
	}
	expect("234")
	client := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true}) // which one it is, is the question
	if err := client.HandshakeContext(t.Context()); err != nil {
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: %v", host, err)
		}
		return refused
	}
	return result(client.ConnectionState().PeerCertificates[0].Subject.CommonName)
}

// TestTheirServerAsksOurDaemon has every answer passed on by our pure-certd.
func TestTheirServerAsksOurDaemon(t *testing.T) {
	dir, program := answers(t)
	socket := begin(t, ours(t), dir, program)
	var ports harness.Ports
	s := harness.Start(t, &ports, harness.Config{
		Binary: *original, Staged: true,
		Options: []string{"-Y", "1", "-2", filepath.Join(dir, "default.pem"), "-3", socket},
	})
	for name, want := range results() {
		if got := seen(t, s, name+".host.example"); got != want {
			t.Errorf("answer %s: the client sees %q; want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"strict": "subject:CN=named.example", "default": "subject:CN=default.example"} {
		host := name + ".host.example"
		out, err := exec.Command("curl", "-sv", "--insecure", "--ssl-reqd", "--resolve", host+":"+s.Expand("$PORT")+":127.0.0.1",
			"-u", "ann:"+"secret", "ftp://"+host+":"+s.Expand("$PORT")+"/").CombinedOutput()
		if text := strings.ReplaceAll(string(out), "subject: ", "subject:"); err != nil || !strings.Contains(text, want) {
			t.Errorf("curl %s: %v; want %s\n%s", host, err, want, out)
		}
	}
}

// TestOurClientAsksTheirDaemon has every answer passed on by the original's pure-certd.
func TestOurClientAsksTheirDaemon(t *testing.T) {
	dir, program := answers(t)
	c := certd.Client{Path: begin(t, theirs(), dir, program)}
	for name, want := range results() {
		got, err := c.Ask(t.Context(), name+".host.example")
		usable := got.CertFile != ""
		if usable {
			_, bad := tls.LoadX509KeyPair(got.CertFile, got.KeyFile)
			usable = bad == nil
		}
		result := refused
		switch {
		case got.Action == certd.Default:
			result = own
		case usable:
			result = named
		}
		if result != want {
			t.Errorf("answer %s: %+v, %v; want it to mean %q", name, got, err, want)
		}
	}
}

// TestSameExitStatus gives both daemons the same wrong command lines.
func TestSameExitStatus(t *testing.T) {
	our := ours(t)
	dir := t.TempDir()
	for _, args := range []string{
		"-h", "--help", "--bad", "-x", "-s", "", "-s s", "-r /bin/true", "-s s -r true", "-r /bin/true -s none/s -p pid",
	} {
		var status [2]int
		for i, binary := range []string{theirs(), our} {
			cmd := exec.Command(binary, strings.Fields(args)...)
			cmd.Dir = dir
			if err := cmd.Run(); cmd.ProcessState == nil {
				t.Fatal(err)
			}
			status[i] = cmd.ProcessState.ExitCode()
		}
		if status[0] != status[1] {
			t.Errorf("%q: exit status %d; the original's is %d", args, status[1], status[0])
		}
	}
}
