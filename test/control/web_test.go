package control

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pureftpd/test/harness"
)

// place is where a setting's listener is, by the log; "" if the log does not say.
func (s *site) place(setting string) string {
	log, err := os.ReadFile(filepath.Join(s.Dir, "stderr"))
	if err != nil {
		s.t.Fatal(err)
	}
	found := regexp.MustCompile(setting + ` is (\S+)`).FindSubmatch(log)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// get is the status and the text of a page.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	reply, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(text)
}

// TestWeb serves the page and the metrics at one place, at two, and one of both alone, without a control socket as well.
func TestWeb(t *testing.T) {
	for _, test := range []struct {
		options       []string
		page, metrics int // status at the page's place, or the only one
	}{
		{[]string{"--statuspage", "127.0.0.1:0", "--metrics", "127.0.0.1:0"}, 200, 200},
		{[]string{"--statuspage", "127.0.0.1:0", "--metrics", "0"}, 200, 404},
		{[]string{"--statuspage", "127.0.0.1:0", "--nocontrol"}, 200, 404},
		{[]string{"--metrics", "127.0.0.1:0"}, 404, 200},
	} {
		s := start(t, harness.Config{Options: test.options})
		s.login()
		setting := "StatusPage"
		if test.page == 404 {
			setting = "MetricsAddress"
		}
		url := "http://" + s.place(setting)
		for path, want := range map[string]int{"/": test.page, "/v1/server": test.page, "/metrics": test.metrics} {
			if got, _ := get(t, url+path); got != want {
				t.Errorf("%q: %s = %d; want %d", test.options, path, got, want)
			}
		}
		if other := s.place("MetricsAddress"); test.metrics == 404 && other != "" {
			if got, text := get(t, "http://"+other+"/metrics"); got != 200 || !strings.Contains(text, "pureftpd_") {
				t.Errorf("%q: metrics at a place of their own = %d %q", test.options, got, text)
			}
			if host, _, err := net.SplitHostPort(other); err != nil || host != "127.0.0.1" {
				t.Errorf("a port alone is bound to %s; want this machine only", other)
			}
		}
	}
}

// TestWebCannotStart gives the page what it cannot have: the server says so and does not start.
func TestWebCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	open := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(open, []byte("correct-horse-battery\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options []string
		want    string
	}{
		{[]string{"--statuspage", taken.Addr().String()}, "StatusPage: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		{[]string{"--metrics", taken.Addr().String()}, "MetricsAddress: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		{[]string{"--statuspage", "127.0.0.1:0", "--statustoken", open}, "status page: token: " + open + ": others may read or change it (mode 644); run: chmod 600"},
		{[]string{"--statuspage", "127.0.0.1:0", "--statustoken", open + "x"}, "no such file"},
	} {
		args := append([]string{"--try=" + t.TempDir(), "-S", "127.0.0.1,0", "--controldir", filepath.Join(t.TempDir(), "run")}, test.options...)
		cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pure-ftpd"), args...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%q: %v\n%s\nwant %q", test.options, err, out, test.want)
		}
	}
}

// TestWebUnderInetd says that there is none.
func TestWebUnderInetd(t *testing.T) {
	s := start(t, harness.Config{Inetd: true, Options: []string{"--statuspage", "127.0.0.1:0"}})
	s.login()
	eventually(t, "the log says that there is no page", func() bool {
		log, err := os.ReadFile(filepath.Join(s.Dir, "stderr"))
		return err == nil && strings.Contains(string(log), "StatusPage and MetricsAddress do nothing under inetd")
	})
	if got := s.place("StatusPage"); got != "" {
		t.Errorf("there is one at %s", got)
	}
}
