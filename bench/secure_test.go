package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTLS has the generator store and fetch files over TLS at the bare loop, with every version and key, and sessions resumed.
func TestTLS(t *testing.T) {
	for version := range tlsVersions() {
		for _, key := range []string{keyECDSA, keyRSA} {
			t.Run(version+" "+key, func(t *testing.T) {
				p := &plan{TLS: version, Key: key}
				r := &running{st: &stage{plan: p, conf: t.TempDir(), home: t.TempDir()}}
				serveOnce(t, r)
				c, err := login(r, clientAddress(0))
				if err != nil {
					t.Fatal(err)
				}
				text := bytes.Repeat([]byte("0123456789abcde\n"), 3*plainSize/16)
				small := text[:midSize]
				got, errRead := []byte(nil), error(nil)
				err = errors.Join(c.protect(), c.putBytes("large", text), c.putBytes("small", small))
				if err == nil {
					got, errRead = c.read("RETR", "small")
				}
				if err := errors.Join(err, errRead); err != nil || !bytes.Equal(got, small) {
					t.Errorf("small file: %d bytes came back, %v; want those stored", len(got), err)
				}
				if err := errors.Join(c.get("RETR", "small", midSize), c.get("RETR", "large", int64(len(text)))); err != nil {
					t.Error(err)
				}
				if err := c.get("RETR", "large", int64(len(text))/2); err == nil {
					t.Error("get of a file twice as long as expected: no error")
				}
				if _, err := c.reply(226); err != nil { // which get has not read
					t.Error(err)
				}
				source, err := os.Open(filepath.Join(r.st.home, "large"))
				if err != nil {
					t.Fatal(err)
				}
				defer source.Close()
				err = c.put("copy", int(source.Fd()), int64(len(text)))
				if copied, errRead := os.ReadFile(filepath.Join(r.st.home, "copy")); err != nil || errRead != nil || !bytes.Equal(copied, text) {
					t.Errorf("put: %d bytes stored, %v; want %d", len(copied), errors.Join(err, errRead), len(text))
				}
				if err := c.quit(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// serveOnce lets the bare loop serve one client.
func serveOnce(t *testing.T, r *running) {
	t.Helper()
	if err := makeCertificate(r.st.certificate(), r.st.Key); err != nil {
		t.Fatal(err)
	}
	config, err := bareTLS(r.st.certificate())
	if err != nil {
		t.Fatal(err)
	}
	listener, port, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	r.port = port
	go func() {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		unix.Close(listener)
		if err == nil {
			serveBare(fd, r.st.home, config)
		}
	}()
}

// TestHandshakeWantsResumption: a data connection that does not resume ends the measurement.
func TestHandshakeWantsResumption(t *testing.T) {
	r := &running{st: &stage{plan: &plan{TLS: "1.3", Key: keyECDSA}, conf: t.TempDir(), home: t.TempDir()}}
	serveOnce(t, r)
	c, err := login(r, clientAddress(0))
	if err != nil {
		t.Fatal(err)
	}
	c.config.ClientSessionCache = nil
	if err := c.putBytes("x", []byte("x")); err == nil {
		t.Error("a data connection without resumption: no error")
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}
