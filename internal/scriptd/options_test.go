package scriptd

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func testKind() Kind {
	return Kind{Name: "pure-testd", Variables: []Variable{{"name", "TEST_NAME"}, {"other", "TEST_OTHER"}}}
}

func TestParse(t *testing.T) {
	r, err := testKind().parse(strings.Fields(
		"-B -g 2 --uid=3 -p /p -r /a -r /b -s s1 --socket s2 --parallel 5 --timelimit=7"))
	want := request{
		background: true, program: "/a", socket: "s1", pidFile: "/p", pidGiven: true,
		uid: id{3, true}, gid: id{2, true}, parallel: 5, limit: 7 * time.Second,
	}
	if r != want || err != nil {
		t.Errorf("parse = %+v, %v; want %+v", r, err, want)
	}
	r, err = testKind().parse([]string{"-r", "/a", "-s", "s"})
	want = request{
		program: "/a", socket: "s", pidFile: "/var/run/pure-testd.pid", parallel: standardParallel, limit: time.Minute,
	}
	if r != want || err != nil {
		t.Errorf("parse = %+v, %v; want %+v", r, err, want)
	}
}

func TestParseFaults(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"", "-s"},
		{"-s s", "-r /path/to/program"},
		{"-s s -r a", "-r /path/to/program"},
		{"-r /a", "-s /path/to/socket"},
		{"-r /a -s s -u root", "-u: 'root' is not a number"},
		{"-r /a -s s -g 4294967295", "-g: "},
		{"-r /a -s s -u -1", "-u: "},
		{"-r /a -s s --parallel 0", "1 to 1024"},
		{"-r /a -s s --timelimit 1h", "1 to 3600"},
		{"-r /a -s s y", "unexpected argument 'y'"},
	} {
		_, err := testKind().parse(strings.Fields(test.args))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("parse(%s) = %v; want an error with %q", test.args, err, test.want)
		}
	}
	_, err := testKind().parse([]string{"--bad"})
	if _, ok := errors.AsType[*mistake](err); !ok {
		t.Errorf("parse(--bad) = %v; want a mistake", err)
	}
}
