package main

import (
	"bytes"
	"testing"
)

func TestReplyLine(t *testing.T) {
	for _, test := range []struct {
		line string
		code int
		last bool
	}{
		{"226 Done\r", 226, true},
		{"226", 226, true},
		{"226-Options: -l\r", 0, false},
		{" 226 inside", 0, false},
		{"22x what", 0, false},
		{"2260", 0, false},
		{"", 0, false},
	} {
		code, last := replyLine([]byte(test.line))
		if code != test.code || last != test.last {
			t.Errorf("replyLine(%q) = %d, %t; want %d, %t",
				test.line, code, last, test.code, test.last)
		}
	}
}

func FuzzReplyLine(f *testing.F) {
	f.Add([]byte("226 Done\r"))
	f.Add([]byte("226-more"))
	f.Fuzz(func(t *testing.T, line []byte) {
		code, last := replyLine(line)
		if code < 0 || code > 999 || (!last && code != 0) {
			t.Errorf("replyLine(%q) = %d, %t", line, code, last)
		}
	})
}

func TestExtendedPort(t *testing.T) {
	for _, test := range []struct {
		line string
		port int // 0: an error
	}{
		{"229 Extended Passive mode OK (|||6446|)", 6446},
		{"229 (|||65535|) ok\r", 65535},
		{"229 (|||65536|)", 0},
		{"229 (|||0|)", 0},
		{"229 (|||6446)", 0},
		{"229 nothing", 0},
	} {
		port, err := extendedPort([]byte(test.line))
		if (err != nil) != (test.port == 0) || port != test.port {
			t.Errorf("extendedPort(%q) = %d, %v; want %d", test.line, port, err, test.port)
		}
	}
}

func FuzzExtendedPort(f *testing.F) {
	f.Add([]byte("229 Extended Passive mode OK (|||6446|)"))
	f.Fuzz(func(t *testing.T, line []byte) {
		port, err := extendedPort(line)
		if err == nil && (port < 1 || port > 65535 || !bytes.Contains(line, []byte("(|||"))) {
			t.Errorf("extendedPort(%q) = %d", line, port)
		}
	})
}
