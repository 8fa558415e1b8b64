package statuspage

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestTokens(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	long := strings.Repeat("x", maxToken)
	for _, test := range []struct{ text, want string }{
		{secret, ""}, {secret + "\n", ""}, {secret + "\r\n", ""}, {"0123456789abcdef", ""}, {long, ""}, {long + "\r\n", ""},
		{"", "a token has"}, {"\n", "a token has"}, {"0123456789abcde", "a token has"}, {long + "x", "a token has"}, {long + "xxxxxx", "a token has"},
		{secret + "\n\n", "one line"}, {secret + " x", "one line"}, {secret + "\nmore", "one line"}, {"pässword-pässword", "one line"},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		token, err := ReadToken(path)
		switch {
		case test.want == "" && (err != nil || !token.is(strings.TrimSpace(test.text)) || token.is("") || token.is(test.text+"x")):
			t.Errorf("ReadToken of %q = %v; want a token that is it", test.text, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) || token.set):
			t.Errorf("ReadToken of %q = %v; want %q", test.text, err, test.want)
		}
	}
	if (Token{}).is("") {
		t.Error("no token is the empty one")
	}
}

func TestTokenFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, good := range map[os.FileMode]bool{0o400: true, 0o600: true, 0o640: true, 0o440: true, 0o644: false, 0o604: false, 0o660: false, 0o602: false, 0o601: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadToken(path); (err == nil) != good || !good && !strings.Contains(err.Error(), "others may read or change it") {
			t.Errorf("mode %o: %v; want it taken: %v", mode, err, good)
		}
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "not a file", dir: "not a file", filepath.Join(dir, "none"): "no such file"} {
		if _, err := ReadToken(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadToken(%s) = %v; want %q", path, err, want)
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Chown(path, 65534, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadToken(path); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("the file of somebody else: %v", err)
	}
}
