package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	standard := request{pidFile: standardPIDFile, parallel: 1, pause: standardPause, program: "/p"}
	with := func(change func(*request)) request {
		r := standard
		change(&r)
		return r
	}
	for line, want := range map[string]request{
		"-r /p":       standard,
		"--run=/p":    standard,
		"-r /p -r /q": standard, // the first one counts
		"-r /p -B":    with(func(r *request) { r.background = true }),
		"-B -u 2001 -g 2002 -p /pid -r /p": with(func(r *request) {
			r.background, r.uid, r.gid, r.gidGiven, r.pidFile = true, 2001, 2002, true, "/pid"
		}),
		"--run /p --parallel 4 --retries 3 --pause 0 --timelimit 60": with(func(r *request) {
			r.parallel, r.retries, r.pause, r.limit = 4, 3, 0, time.Minute
		}),
		"-r /p --pi /pid": with(func(r *request) { r.pidFile = "/pid" }), // an abbreviation
		"-h -u ann":       {pidFile: standardPIDFile, parallel: 1, pause: standardPause, help: true},
	} {
		if got, err := parse(strings.Fields(line)); got != want || err != nil {
			t.Errorf("parse(%s) = %+v, %v; want %+v", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		"-r /p -u ann":         "-u: 'ann'",
		"-r /p -g -1":          "-g: '-1'",
		"-r /p word":           "unexpected argument 'word'",
		"-r /p --parallel 0":   "--parallel: '0' is not a number from 1 to 1024",
		"-r /p --retries 1001": "--retries: '1001' is not a number from 0",
		"-r /p --pause x":      "--pause: 'x'",
		"-r /p --timelimit 0":  "--timelimit: '0' is not a number from 1",
	} {
		if _, err := parse(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parse(%s) = %v; want %q in it", line, err, want)
		}
	}
	for _, line := range []string{"", "-x", "--bad", "-r", "-B"} { // the help, and success
		_, err := parse(strings.Fields(line))
		if _, ok := errors.AsType[*mistake](err); !ok {
			t.Errorf("parse(%s) = %v; want a mistake", line, err)
		}
	}
}

func TestHelp(t *testing.T) {
	var text bytes.Buffer
	if err := printHelp(&text); err != nil {
		t.Fatal(err)
	}
	for _, o := range options() {
		if !strings.Contains(text.String(), "--"+o.Long+" ") || o.Short != 0 && !strings.Contains(text.String(), "-"+string(o.Short)+", ") {
			t.Errorf("%s is not in the help", o.Long)
		}
	}
}
