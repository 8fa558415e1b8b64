//go:build privileged || oracle

package uploads

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// describer is a program that writes down what it finds.
const describer = `fds=$(echo $(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2))
{
	echo "argc=$# arg1=[$1]"
	env | grep -E '^(FOO|UPLOAD_)' | LC_ALL=C sort
	echo "cwd=$(pwd) id=$(id -u):$(id -g):$(id -G) umask=$(umask) $fds"
} >> ` + out

// recorded returns what the original's programs found, and a pattern for the names that a clock has made.
func recorded(t *testing.T) []*regexp.Regexp {
	t.Helper()
	text, err := os.ReadFile("testdata/script-env.txt")
	if err != nil {
		t.Fatal(err)
	}
	var patterns []*regexp.Regexp
	for line := range strings.Lines(strings.ReplaceAll(string(text), "/tmp/specB", base)) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, " -> ") || line == "" { // what the recording script had open
			continue
		}
		if strings.HasPrefix(line, "cwd=") {
			line += " /dev/null /dev/null /dev/null"
		}
		pattern := regexp.QuoteMeta(line)
		pattern = regexp.MustCompile(`pureftpd\\\.[0-9a-f]{8}\\\.[0-9a-f]{2}\\\.0000`).ReplaceAllString(pattern, `pureftpd\.[0-9a-f]{8}\.[0-9a-f]{2}\.0000`)
		pattern = regexp.MustCompile(`(anon|vh)\d+`).ReplaceAllString(pattern, `${1}1`)
		patterns = append(patterns, regexp.MustCompile("^"+pattern+"$"))
	}
	return patterns
}

// repeat makes the uploads that were recorded, and compares what programs find. The server runs already.
func repeat(t *testing.T) {
	t.Helper()
	want := recorded(t)
	blocks := 0
	found := func() []string {
		text, err := os.ReadFile(out)
		if err != nil {
			return nil
		}
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	then := func() { // waits for the program: the next upload may change the file
		t.Helper()
		blocks++
		await(t, "a program", func() bool { return strings.Count(strings.Join(found(), "\n"), "cwd=") == blocks })
	}
	c := login(t, address, "up user")
	c.Put("STOR a.txt", "12345")
	then()
	c.Put("STOR d/with space é.bin", "123456")
	then()
	c.Put("APPE a.txt", "6789")
	then()
	c.Put("STOR empty", "")
	then()
	c.Ask(250, "CWD d")
	c.Put("STOR rel", "1")
	then()
	c.Put("STOU", "1")
	then()
	c.Abort("STOR aborted", "1234567890")
	then()
	login(t, address, "upn").Put("STOR n.txt", "12345")
	then()
	login(t, address, "ftp").Put("STOR in/anon1", "12345")
	then()
	login(t, "127.0.0.5:21", "ftp").Put("STOR in/vh1", "12345")
	then()
	got := found()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("line %d: %s; want nothing", i+1, got[i])
		case i >= len(got):
			t.Errorf("line %d is missing; want %s", i+1, want[i])
		case !want[i].MatchString(got[i]):
			t.Errorf("line %d: %s; want %s", i+1, got[i], want[i])
		}
	}
}
