//go:build clients

package acme

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// TestServer has the server keep its certificate. Started as root it has given up its privileges by then, and opens port 80
// and root's storage all the same.
func TestServer(t *testing.T) {
	binary, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("http", func(t *testing.T) { serve(t, binary, "") })
	t.Run("webroot", func(t *testing.T) {
		webroot := t.TempDir()
		if os.Geteuid() == 0 {
			if err := os.Chown(webroot, 33, 33); err != nil { // of the web server's user, as usual
				t.Fatal(err)
			}
		}
		serve(t, binary, webroot)
	})
}

// serve runs a server until it has a certificate. With a webroot, a web server is there already.
func serve(t *testing.T, binary, webroot string) {
	root := os.Geteuid() == 0
	port := 0
	if root {
		port = 80
	}
	a := start(t, "127.0.0.77", port)
	challenge := "http:" + strings.ReplaceAll(a.http, ":", ",")
	if webroot != "" {
		web(t, a.http, webroot)
		challenge = "webroot:" + webroot
	}
	dir := t.TempDir()
	control := freePort(t, "127.0.0.1")
	cmd := exec.Command(binary, "-S", fmt.Sprintf("127.0.0.1,%d", control), "-g", filepath.Join(dir, "pid"), "-l", "unix",
		"-Y", "1", "--acme", "ftp.example", "--acmeagree", "--acmestorage", filepath.Join(dir, "acme"),
		"--acmedirectory", a.directory, "--acmechallenge", challenge)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+a.rootFile)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("the server ended with %v\n%s", err, output.String())
		}
	})
	r := &run{t: t}
	for limit := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(dir, "acme", "*", "ftp.example.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 1 {
			r.file = files[0]
			if leaf := r.leaf(nil); string(leaf.RawIssuer) != string(leaf.RawSubject) {
				break // else it is the one made for the time until then
			}
		}
		if time.Now().After(limit) {
			t.Fatal("no certificate comes")
		}
	}
	r.leaf(a.roots(t), "ftp.example")
	info, err := os.Stat(r.file)
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode() != 0o600 || int(uid) != os.Geteuid() {
		t.Errorf("the file has mode %v and belongs to %d; want 0600 and %d", info.Mode(), uid, os.Geteuid())
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if root && bytes.Contains(status, []byte("\nUid:\t0\t")) {
		t.Errorf("the server is root still:\n%s", status)
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", control))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
