package control

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pureftpd/internal/control"
	"pureftpd/test/harness"
)

// logs are the places of pure-ftpctl logs, by pathname.
func (s *site) logs() map[string]control.Log {
	s.t.Helper()
	var reply struct{ Logs []control.Log }
	if err := json.Unmarshal([]byte(s.ctl("logs", "--json")), &reply); err != nil {
		s.t.Fatal(err)
	}
	places := make(map[string]control.Log)
	for _, l := range reply.Logs {
		places[l.Place] = l
	}
	return places
}

// TestLogs asks where the logs go (Q7): what each place took last, and that a file which cannot be begun anew is told.
func TestLogs(t *testing.T) {
	s := start(t, harness.Config{Options: []string{"--logto", "$DIR/server.log", "--logto", "json:$DIR/server.json", "-O", "clf:$DIR/transfers.log"}})
	text, events, transfers := filepath.Join(s.Dir, "server.log"), filepath.Join(s.Dir, "server.json"), filepath.Join(s.Dir, "transfers.log")
	c := s.login()
	upload := func(name string) {
		t.Helper()
		data := c.passive()
		c.do("STOR "+name, "150")
		if err := data.Close(); err != nil {
			t.Fatal(err)
		}
		c.want("226")
	}
	upload("first")
	var places map[string]control.Log
	eventually(t, "the upload is in all places", func() bool {
		places = s.logs()
		return strings.Contains(places[text].LastLine, "first uploaded") && strings.Contains(places[events].LastLine, `"event":"upload"`)
	})
	if p := places[transfers]; len(places) != 3 || p.Kind != "transfers" || p.Format != "clf" || p.Lines != 1 || p.Last == nil ||
		!strings.Contains(p.LastLine, `"PUT `) || p.Trouble != "" {
		t.Errorf("the places are %+v", places)
	}
	if p := places[text]; p.Kind != "log" || p.Format != "text" || p.Level != "INFO" || p.Lost != 0 || p.Trouble != "" {
		t.Errorf("the text's place is %+v", p)
	}

	if err := errors.Join(os.Rename(transfers, transfers+".1"), os.Symlink("elsewhere", transfers)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the trouble is told", func() bool {
		upload("next")
		return strings.Contains(s.logs()[transfers].Trouble, "is a symbolic link")
	})
	if got := s.ctl("logs"); !strings.Contains(got, "wrong with "+transfers+": ") || !strings.Contains(got, "last in "+text+":\n") {
		t.Errorf("pure-ftpctl logs prints %s", got)
	}
	if err := os.Remove(transfers); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new file is begun", func() bool {
		upload("last")
		_, err := os.Stat(transfers)
		return !errors.Is(err, fs.ErrNotExist) && s.logs()[transfers].Trouble == ""
	})
}

func TestNothingIsLogged(t *testing.T) {
	s := start(t, harness.Config{Options: []string{"-f", "none"}})
	s.connect()
	if got := s.ctl("logs"); got != "nothing is logged\n" {
		t.Errorf("pure-ftpctl logs prints %q", got)
	}
}
