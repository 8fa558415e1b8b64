//go:build oracle

package uploads

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

var original = flag.String("oracle", "", "the `program` of the original's server; its pure-uploadscript is beside it")

func theirs(name string) string { return filepath.Join(filepath.Dir(*original), name) }

// TestProgramFindsTheSame has each pair of server and pure-uploadscript run the program for the same uploads.
func TestProgramFindsTheSame(t *testing.T) {
	for name, pair := range map[string]struct{ server, script string }{
		"their script at our server": {ours("pure-ftpd"), theirs("pure-uploadscript")},
		"our script at their server": {theirs("pure-ftpd"), ours("pure-uploadscript")},
		"both theirs":                {theirs("pure-ftpd"), theirs("pure-uploadscript")},
	} {
		t.Run(name, func(t *testing.T) {
			newWorld(t)
			serve(t, pair.server)
			reader(t, pair.script, describer, "-u", "2001", "-g", "2001")
			repeat(t)
		})
	}
}

// TestTheirScriptComesLate to our server, dies, and comes again. Each event comes once, in its place, but for those that it had
// read when it died.
func TestTheirScriptComesLate(t *testing.T) {
	newWorld(t)
	s := serve(t, ours("pure-ftpd"))
	c := login(t, address, "up user")
	numbers(c, 0, 3)
	s.says("3 uploads wait")
	p := reader(t, theirs("pure-uploadscript"), recorder)
	ran(t, 3)
	numbers(c, 3, 2)
	ran(t, 5)
	p.kill()
	numbers(c, 5, 4)
	s.says("4 uploads wait")
	reader(t, theirs("pure-uploadscript"), recorder)
	ran(t, 9)
	numbers(c, 9, 1)
	ran(t, 10)
}

// TestBothServers write to one pipe, under one lock.
func TestBothServers(t *testing.T) {
	newWorld(t)
	serve(t, theirs("pure-ftpd"))
	reader(t, ours("pure-uploadscript"), `echo "$UPLOAD_VUSER ${1##*/}" | tr ' ' - >> `+out)
	their := login(t, address, "upn")
	launch(t, nil, ours("pure-ftpd"), "-H", "-o", "-l", "puredb:"+database, "-S", "127.0.0.1,2121", "-g", "/run/pid2")
	await(t, "our server", func() bool {
		return exec.Command("sh", "-c", "grep -q ':0849 00000000:0000 0A' /proc/net/tcp").Run() == nil
	})
	our := login(t, "127.0.0.1:2121", "up user")
	const n = 30
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range n {
			their.Put("STOR theirs", "x")
		}
	}()
	numbers(our, 0, n)
	<-done
	await(t, "the programs", func() bool { return len(lines(t)) == 2*n })
	i := 0
	for _, line := range lines(t) {
		if line == "upn-theirs" {
			continue
		}
		if number, ok := strings.CutPrefix(line, "up-user-"); !ok || number != strconv.Itoa(i) {
			t.Errorf("line %s; want number %d", line, i)
		}
		i++
	}
}

// TestSameOfOddRecords gives both the same records, for files of all kinds and with bytes that are no record. An owner without a
// name has no variable of his name; what is no regular file runs no program.
func TestSameOfOddRecords(t *testing.T) {
	var found [2]string
	for i, program := range []string{theirs("pure-uploadscript"), ours("pure-uploadscript")} {
		newWorld(t)
		file := func(name string, mode uint32, uid int) string {
			path := base + "/" + name
			err := os.WriteFile(path, []byte("x"), 0o600)
			if err := errors.Join(err, os.Chown(path, uid, uid), syscall.Chmod(path, mode)); err != nil {
				t.Fatal(err)
			}
			return path
		}
		records := []string{
			file("setuid", 0o4755, 2001), file("sticky", 0o1640, 2100), file("nameless", 0o644, 2999), file("closed", 0, 0), file("-r", 0o600, 0),
			base + "/none", base + "/home", base + "/link", "relative", base + "/con\ntrol", file("after", 0o644, 0),
		}
		if err := errors.Join(os.Symlink(records[0], base+"/link"), syscall.Mkfifo(pipe, 0o600)); err != nil {
			t.Fatal(err)
		}
		end, err := os.OpenFile(pipe, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		reader(t, program, describer)
		for _, path := range records {
			if _, err := end.WriteString("noise\x01\x00\x02user\x01" + path + "\x00"); err != nil {
				t.Fatal(err)
			}
		}
		await(t, "the last one", func() bool {
			text, err := os.ReadFile(out)
			found[i] = string(text)
			at := strings.Index(found[i], "[/run/specB/after]")
			return err == nil && at >= 0 && strings.Contains(found[i][at:], "cwd=")
		})
		if err := end.Close(); err != nil {
			t.Error(err)
		}
	}
	found[0] = strings.Replace(found[0], "UPLOAD_USER=inherited\n", "", 1) // of its own environment; see docs/differences.md
	if found[0] != found[1] || strings.Count(found[0], "argc=1") != 6 {
		t.Errorf("the original's programs find\n%s\nours\n%s", found[0], found[1])
	}
}

// TestSameExitStatus gives both the same wrong command lines.
func TestSameExitStatus(t *testing.T) {
	newWorld(t)
	for _, args := range []string{"-h", "--help", "--bad", "-x", "-r", ""} {
		var status [2]int
		for i, program := range []string{theirs("pure-uploadscript"), ours("pure-uploadscript")} {
			cmd := exec.Command(program, strings.Fields(args)...)
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
