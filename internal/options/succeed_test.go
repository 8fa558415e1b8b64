package options

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func parsed(t *testing.T, text string) *Options {
	t.Helper()
	o, err := Parse([]string{"pure-ftpd", "/f.conf"}, fakeEnv(map[string]string{"/f.conf": text}))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// everything is what a process can that has given nothing up.
var everything = Running{RootLogins: true, PAM: true}

func TestSucceed(t *testing.T) {
	old := parsed(t, "MaxIdleTime 15\nBind 127.0.0.1,21\nPureDB /a.pdb\nNoAnonymous yes\nTotalBandwidth 5\n")
	read := parsed(t, "MaxIdleTime 5\nBind 127.0.0.1,2121\nPureDB /a.pdb\nPureDB /b.pdb\nNoAnonymous yes\nPIDFile /p\nIPV4Only yes\nControlAdmins wheel\n")
	s := old.Succeed(read, everything)
	wantChanged := []Change{
		{"maxidletime", "15 minutes", "5 minutes", "/f.conf:1"},
		{"login", "puredb:/a.pdb", "puredb:/a.pdb, puredb:/b.pdb", "/f.conf:3, /f.conf:4"},
	}
	for _, want := range wantChanged {
		if !slices.Contains(s.Changed, want) {
			t.Errorf("Changed = %+v; want %+v in it", s.Changed, want)
		}
	}
	var restart []string
	for _, c := range s.Restart {
		restart = append(restart, c.Name)
	}
	slices.Sort(restart)
	if want := []string{"bind", "controladmins", "ipv4only", "pidfile"}; !slices.Equal(restart, want) || len(s.Changed) != 3 || len(s.Notes) != 0 {
		t.Errorf("Restart = %q, Changed = %+v, Notes = %q; want %q, three and none", restart, s.Changed, s.Notes, want)
	}
	o := s.Options
	if o.BindPort != 21 || o.IPv4Only || o.Control.Admins != nil || o.PIDFile != old.PIDFile || len(o.Auth) != 2 || o.TotalBandwidth != (Bandwidth{}) {
		t.Errorf("in force: %+v; want the new ones, but for what needs a restart", o)
	}
	if got := o.Origins("bind"); len(got) != 1 || got[0].Line != 2 || len(o.Origins("pidfile")) != 0 {
		t.Errorf("the port in force comes from %v, the pid file from %v; want line 2, and nowhere", got, o.Origins("pidfile"))
	}
	if read.BindPort != 2121 || old.BindPort != 21 {
		t.Errorf("Succeed has changed what it was given: %d, %d", read.BindPort, old.BindPort)
	}
	again := o.Succeed(read, everything)
	if len(again.Changed) != 0 || len(again.Restart) != len(s.Restart) {
		t.Errorf("the same read once more: %+v and %+v; want nothing changed, and the same to need a restart", again.Changed, again.Restart)
	}
}

// What the process has given up it cannot have back.
func TestSucceedWithoutPrivilege(t *testing.T) {
	old := parsed(t, "UnixAuthentication yes\nMinUID 1000\n")
	s := old.Succeed(parsed(t, "UnixAuthentication yes\n"), Running{})
	if s.Options.MinUID != 1 || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "restart") {
		t.Errorf("logins of root: lowest uid %d, %q; want 1 and a word", s.Options.MinUID, s.Notes)
	}
	s = old.Succeed(parsed(t, "PAMAuthentication yes\nMinUID 1000\nMaxIdleTime 3\n"), Running{})
	if len(s.Options.Auth) != 1 || s.Options.Auth[0].Method != "unix" || len(s.Restart) != 1 || s.Restart[0].Name != "login" ||
		len(s.Changed) != 1 || s.Changed[0].Name != "maxidletime" {
		t.Errorf("PAM: %+v; want it to need a restart, and no other setting", s)
	}
	if s := old.Succeed(parsed(t, "PAMAuthentication yes\nMinUID 1000\n"), Running{PAM: true}); s.Options.Auth[0].Method != "pam" {
		t.Errorf("PAM while its helper runs: %+v", s)
	}
}

// Each setting that is named as one that needs a restart is in the table, and keeps its value.
func TestFixedSettingsKeepTheirValue(t *testing.T) {
	names := make(map[string]bool)
	for _, e := range defaults().Effective() {
		names[e.Name] = true
	}
	other := parsed(t, strings.Join([]string{
		"Bind 127.0.0.1,4", "IPV4Only yes", "IPV6Only yes", "ImplicitTLSListen 990", "TLS 1", "Daemonize yes", "PIDFile /p", "NoControl yes",
		"ControlDir /d", "ControlViewers a", "ControlOperators b", "ControlAdmins c", "CallUploadScript yes", "SyslogFacility local1",
		"LogPID yes", "DontResolve yes", "LogTo /l", "StatusPage 8080", "StatusToken /t", "StatusName a.example", "MetricsAddress 9100",
	}, "\n"))
	other.TakeOver = true // which a file cannot say beside NoControl
	for name, keep := range fixed() {
		if !names[name] {
			t.Errorf("%s is no setting", name)
		}
		next := *other
		keep(&next, defaults())
		if value := valueOf(&next, name); value == valueOf(other, name) || value != valueOf(defaults(), name) {
			t.Errorf("%s: %q is kept as %q; want %q", name, valueOf(other, name), value, valueOf(defaults(), name))
		}
	}
}

func valueOf(o *Options, name string) string {
	for _, e := range o.Effective() {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// What is read again is read as at the start: from the same directory, with the same rights.
func TestAgain(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"f.conf": "Include more.toml\n", "more.toml": "MaxIdleTime = 3\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	o, err := Parse([]string{"pure-ftpd", "f.conf"}, Again(dir, func(fn func() error) error { asked++; return fn() }))
	if err != nil || showMaxIdle(o) != "3 minutes" || asked != 3 { // is it a folder, and two files
		t.Errorf("Parse = %v, %v, with %d looks; want three minutes with three", o, err, asked)
	}
	refused := errors.New("no such right")
	_, err = Parse([]string{"pure-ftpd", "f.conf"}, Again(dir, func(func() error) error { return refused }))
	if !errors.Is(err, refused) {
		t.Errorf("Parse without the right = %v; want %v", err, refused)
	}
	if got := Again(dir, nil); reflect.ValueOf(got.LookupPort).IsNil() {
		t.Error("Again looks no port up")
	}
}
