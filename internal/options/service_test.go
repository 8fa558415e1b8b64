package options

import (
	"strings"
	"testing"
)

// TestPasswordOfAServiceIsNotShown prints what --check prints.
func TestPasswordOfAServiceIsNotShown(t *testing.T) {
	const address = "https://ftp:hunter2@accounts.example.com/login"
	o, err := Parse([]string{"pure-ftpd", "-l", "http:" + address, "-l", "extauth:/run/ftpd.sock"}, fakeEnv(nil))
	if err != nil {
		t.Fatal(err)
	}
	if o.Auth[0] != (AuthMethod{Method: "http", Arg: address}) {
		t.Errorf("Auth = %+v", o.Auth)
	}
	const want = "http:https://ftp:xxxxx@accounts.example.com/login, extauth:/run/ftpd.sock"
	if report := o.Report(); strings.Contains(report, "hunter2") || !strings.Contains(report, want) {
		t.Errorf("the report is\n%s\nwant %s", report, want)
	}
}
