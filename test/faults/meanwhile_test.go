//go:build privileged

package faults

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
)

// meanwhileSize is more than all buffers on the way take.
const meanwhileSize = 96 << 20

// testMeanwhile changes files while they are transferred.
func testMeanwhile(t *testing.T, l *lab) {
	t.Run("target became a folder", func(t *testing.T) { testTargetTaken(t, l) })
	t.Run("file cut short", func(t *testing.T) { testCutShort(t, l) })
	t.Run("file deleted", func(t *testing.T) { testDeleted(t, l) })
	t.Run("root deleted", func(t *testing.T) { testRootDeleted(t, l) })
}

// testTargetTaken puts a folder where an atomic upload wants to put its file.
func testTargetTaken(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home", "-0")
	in := s.login(t)
	data := s.begin(t, in, "STOR file", pattern(uploadPart, 9), uploadPart)
	mkdir(t, s.path("file"))
	write(t, s.path("file/inside"), []byte("stays"))
	if err := data.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	in.expect(t, 451, "")
	holds(t, s.path("file/inside"), []byte("stays"))
	if left := s.temps(t); len(left) > 0 {
		t.Errorf("temporary files %q are left", left)
	}
	s.expectLog(t, "/file: rename")
	in.alive(t)
}

// download begins to fetch a large file.
func download(t *testing.T, in *client) (data io.ReadCloser, read []byte) {
	t.Helper()
	conn, r, err := in.open("RETR file")
	if err != nil || conn == nil {
		t.Fatalf("RETR: %q, %v", r, err)
	}
	t.Cleanup(func() { conn.Close() })
	read = make([]byte, 1<<20)
	if _, err := io.ReadFull(conn, read); err != nil {
		t.Fatal(err)
	}
	return conn, read
}

// testCutShort cuts a file while it is sent: what comes must be its beginning, and the reply must not say that it is all.
func testCutShort(t *testing.T, l *lab) {
	for _, representation := range []string{"TYPE I", "TYPE A"} {
		s := l.start(t, folder(t)+"/home")
		content := bytes.ReplaceAll(pattern(meanwhileSize, 10), []byte("\n"), []byte(" "))
		write(t, s.path("file"), content)
		in := s.login(t)
		in.expect(t, 200, representation)
		data, got := download(t, in)
		if err := os.Truncate(s.path("file"), meanwhileSize/2); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(data) // that it breaks off, the reply tells
		data.Close()
		in.expect(t, 451, "")
		if got = append(got, rest...); !bytes.HasPrefix(content, got) {
			t.Errorf("%s: the %d bytes received are not the file's beginning", representation, len(got))
		}
		s.expectLog(t, "/file: ")
		in.expect(t, 200, "TYPE I")
		in.alive(t)
	}
}

// testDeleted deletes a file while it is sent.
func testDeleted(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home")
	content := pattern(meanwhileSize, 11)
	write(t, s.path("file"), content)
	in := s.login(t)
	data, got := download(t, in)
	if err := os.Remove(s.path("file")); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(data)
	if got = append(got, rest...); err != nil || !bytes.Equal(got, content) {
		t.Errorf("of the deleted file %d bytes came, %v; want all %d", len(got), err, len(content))
	}
	data.Close()
	in.expect(t, 226, "")
	in.alive(t)
}

// testRootDeleted takes the root away from under a session, with a transfer in it.
func testRootDeleted(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home")
	in := s.login(t)
	data := s.begin(t, in, "STOR file", pattern(uploadPart, 12), uploadPart)
	if err := errors.Join(os.RemoveAll(s.home), data.CloseWrite()); err != nil {
		t.Fatal(err)
	}
	if r, err := in.read(); err != nil || r.code < 200 {
		t.Errorf("the upload: answered %q, %v", r, err)
	}
	if text, err := in.run("STOR another <"); err == nil && text[0] == '2' {
		t.Errorf("an upload into a deleted root was answered %q", text)
	}
	mkdir(t, s.home)
	s.login(t).alive(t)
}
