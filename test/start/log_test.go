package start

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logs are the switches of a server that listens at the port, without those about the log.
func logs(t *testing.T, dir, number string, more ...string) []string {
	t.Helper()
	args := []string{"-H", "-l", "puredb:" + accounts(t, dir), "-S", "127.0.0.1," + number, "-g", filepath.Join(dir, "pid")}
	return append(args, more...)
}

// objects reads the JSON lines of a file.
func objects(t *testing.T, path string) (list []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
		list = append(list, fields)
	}
	return list
}

// seek waits for an object whose fields are like these.
func seek(t *testing.T, path string, want map[string]any) {
	t.Helper()
	await(t, fmt.Sprint(want, " in ", path), func() bool {
		for _, fields := range objects(t, path) {
			like := true
			for key, value := range want {
				like = like && fields[key] == value
			}
			if like {
				return true
			}
		}
		return false
	})
}

// TestLogGoesWhereItIsTold has JSON in a file and text on standard error, from one server (Q7). In JSON root and path stand apart (Q23).
// The file is moved away while the server runs.
func TestLogGoesWhereItIsTold(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	path := filepath.Join(dir, "log.json")
	p := launch(t, dir, command{args: logs(t, dir, number, "-f", "none", "--logto", "json:"+path, "--logto", "stderr")})
	p.serves(t, "127.0.0.1:"+number)
	c := user(t, "127.0.0.1:"+number, "ann")
	c.Store("hostile\"\xff name", "x")
	seek(t, path, map[string]any{"event": "login", "login": "ann", "address": "127.0.0.1", "level": "INFO"})
	seek(t, path, map[string]any{
		"event": "upload", "user": "ann", "root": filepath.Join(dir, "home"), "path": "/hostile\"\u00ff name", "raw": true, "bytes": 1., "level": "NOTICE",
	})
	await(t, "the text", func() bool {
		return strings.Contains(p.stderr.String(), "(ann@127.0.0.1) [NOTICE] "+dir+"/home//hostile\"\xff name uploaded  (1 bytes, ")
	})
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // the server looks once a second
	c.Ask(250, "DELE hostile\"\xff name")
	await(t, "a new file", func() bool { _, err := os.Stat(path); return err == nil })
	seek(t, path, map[string]any{"event": "delete", "path": "/hostile\"\u00ff name"})
}

func TestLogFileThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	p := launch(t, dir, command{args: logs(t, dir, number, "--logto", dir+"/no/log")})
	p.endsWith(t, 1, "log file: open "+dir+"/no/log: no such file or directory")
	p = launch(t, dir, command{args: logs(t, dir, number, "-O", "clf:"+dir+"/no/transfers", "-O", "json:"+dir)})
	p.endsWith(t, 1, "transfer log: open "+dir+"/no/transfers: no such file or directory", "transfer log: open "+dir+": is a directory")
	p = launch(t, dir, command{args: logs(t, dir, number, "-B", "--logto", "json:stderr")})
	p.endsWith(t, 1, "standard error leads nowhere")
}

// TestBackgroundWithoutLogDaemon: who starts a server with -B reads that nobody will read its log, if that is so.
func TestBackgroundWithoutLogDaemon(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	want := ""
	if conn, err := net.Dial("unixgram", "/dev/log"); err != nil {
		want = "pure-ftpd: there is no log daemon, and no standard error in the background: until there is one the log is lost; --logto FILE keeps it"
	} else {
		conn.Close()
	}
	p := launch(t, dir, command{args: logs(t, dir, number, "-B")})
	t.Cleanup(func() { stop(t, filepath.Join(dir, "pid")) })
	p.endsWith(t, 0)
	if got := p.stderr.String(); !strings.HasPrefix(got, want) || want == "" && got != "" {
		t.Errorf("-B wrote %q; want %q", got, want)
	}
	works(t, user(t, "127.0.0.1:"+number, "ann"))
}

// TestReadOnlyLogDirectory: a transfer log that cannot be begun anew is an error in the log, and the server goes on (Q21).
func TestReadOnlyLogDirectory(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	path := put(t, filepath.Join(dir, "logs", "transfers"), "")
	p := launch(t, dir, command{args: logs(t, dir, number, "-f", "none", "--logto", "stderr", "-O", "clf:"+path)})
	p.serves(t, "127.0.0.1:"+number)
	c := user(t, "127.0.0.1:"+number, "ann")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o755) }) // to be removed
	time.Sleep(1100 * time.Millisecond)                           // the server looks once a second
	c.Store("a", "x")
	c.Store("b", "x")
	await(t, "the error", func() bool {
		return strings.Contains(p.stderr.String(), "[ERROR] transfer log "+path+": open it anew after it was moved: open "+path+": permission denied")
	})
	if text, err := os.ReadFile(path + ".1"); err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("the old file holds %q, %v; want both lines", text, err)
	}
	works(t, c)
}
