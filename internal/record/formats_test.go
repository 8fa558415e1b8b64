package record

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// sampleTransfers are the transfers that the original logged in testdata/altlog, at the same time.
func sampleTransfers(at time.Time) []Transfer {
	const home = "/tmp/specB/home/log/"
	var all []Transfer
	for i, user := range []string{"logu", "logn"} {
		add := func(upload bool, name string, size int64) {
			all = append(all, Transfer{
				End: at, Begun: at, Session: 0x40e8 + 2*uint64(i), User: user, Host: "127.0.0.1", Path: home + name,
				Bytes: size, Upload: upload, ASCII: name == "asc.txt", Complete: true,
			})
		}
		for _, name := range []string{"plain.txt", "with space.txt", "é%&+\"q'~.txt", "sub/in.bin", "-dash_.x", "tab_here"} {
			add(true, name, 1200)
			add(false, name, 1200)
		}
		add(true, "asc.txt", 4)
		add(false, "asc.txt", 6)
		for _, size := range []int64{0, 5} {
			add(true, "empty", size)
			add(false, "empty", max(size-2, 0))
		}
		add(false, "plain.txt", 1200)
		add(false, "sub/in.bin", 1200)
	}
	return all
}

func TestFormatsWriteAsTheOriginal(t *testing.T) {
	for _, test := range []struct {
		file, format, zone string
		second             int
	}{
		{"clf.log", "clf", "UTC", 8},
		{"clf-TZ-Europe_Paris.log", "clf", "Europe/Paris", 11},
		{"clf-TZ-Asia_Kolkata.log", "clf", "Asia/Kolkata", 12},
		{"clf-TZ-America_New_York.log", "clf", "America/New_York", 11},
		{"stats.log", "stats", "UTC", 9},
		{"w3c.log", "w3c", "UTC", 9},
		{"xferlog.log", "xferlog", "UTC", 10},
	} {
		want, err := os.ReadFile("testdata/altlog/" + test.file)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		f, ok := formatNamed(test.format)
		if !ok {
			t.Fatalf("no format %s", test.format)
		}
		at := time.Date(2026, 11, 22, 7, 4, test.second, 0, time.UTC)
		var got []byte
		if f.header != nil { // the original names its version
			got = bytes.Replace(f.header(at), []byte("Pure-FTPd in Go\n"), []byte("Pure-FTPd 1.0.50\n"), 1)
		}
		for _, x := range sampleTransfers(at) {
			got = f.append(got, x, zone)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs: %s", test.file, firstDifference(got, want))
		}
	}
}

func firstDifference(got, want []byte) string {
	wants := strings.Split(string(want), "\n")
	for i, line := range strings.Split(string(got), "\n") {
		if i >= len(wants) {
			return "got more: " + line
		}
		if line != wants[i] {
			return "got " + line + "\nwant " + wants[i]
		}
	}
	return "got less"
}

func TestOddFields(t *testing.T) {
	odd := Transfer{
		End: time.Unix(0, 0), Begun: time.Unix(0, 0), User: "a b\nc", Path: "/x\n\ty\xff", Duration: 1500 * time.Millisecond,
	}
	for name, want := range map[string]string{
		"clf":     "- - a_b_c [01/Jan/1970:00:00:00 -0000] \"GET /x%0A%09y%FF\" 200 0\n",
		"stats":   "0 0.0 a_b_c - D 0 2 /x__y\xff\n",
		"w3c":     "1970-01-01 00:00:00 - []sent /x%0A%09y%FF 226 a_b_c 0\n",
		"xferlog": "Thu Jan 01 00:00:00 1970 2 - 0 /x__y\xff b _ o r a_b_c ftp 1 * c\n",
	} {
		f, _ := formatNamed(name)
		if got := string(f.append(nil, odd, time.UTC)); got != want {
			t.Errorf("%s: got %q; want %q", name, got, want)
		}
	}
}

func FuzzLinesAreLines(f *testing.F) {
	f.Add("ann", "client.example", "/home/ann/a b")
	f.Add("a\nb", "", "/\xff\"\\\n")
	f.Fuzz(func(t *testing.T, user, host, path string) {
		x := Transfer{End: time.Unix(1795331049, 0), Begun: time.Unix(1795331000, 0), User: user, Host: host, Path: path}
		for _, format := range formats() {
			line := format.append(nil, x, time.UTC)
			if bytes.IndexByte(line, '\n') != len(line)-1 {
				t.Errorf("%s: %q is not one line", format.name, line)
			}
			if format.name != "json" {
				continue
			}
			var back struct {
				User, Host, Path string
				Raw              bool
			}
			if err := json.Unmarshal(line, &back); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if !back.Raw && (back.User != user || back.Path != path) {
				t.Errorf("%q, %q came back as %+v", user, path, back)
			}
		}
	})
}

func BenchmarkCLF(b *testing.B) {
	x := sampleTransfers(time.Unix(1795331049, 0))[2]
	var buf []byte
	for b.Loop() {
		buf = appendCLF(buf[:0], x, time.UTC)
	}
	b.ReportAllocs()
}
