//go:build clients

package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A bsd is a client that descends from BSD's ftp. It reads commands from standard input, and
// cannot move a tree by itself: the test names the folders and files of one.
type bsd struct {
	program string
	slows   bool // it can be held to a rate
	// extended reports whether it uses extended commands over IPv4, too, as long as nobody tells
	// it otherwise.
	extended bool
}

func tnftp() client {
	b := bsd{program: "tnftp", slows: true, extended: true}
	return b.client([]way{epsv(), pasv(), port(), eprt(), epsv6(), eprt6()}, epsv())
}

func inetutils() client {
	b := bsd{program: "inetutils-ftp"}
	return b.client([]way{pasv(), epsv(), port(), eprt(), epsv6(), eprt6()}, port())
}

func (b bsd) client(ways []way, file way) client {
	manners := fast()
	if b.slows {
		manners = every()
	}
	return client{
		name:     b.program,
		ways:     ways,
		push:     b.push,
		pull:     b.pull,
		way:      file,
		get:      mover{call: b.get, manners: manners, resumes: "REST"},
		put:      mover{call: b.put, manners: manners, resumes: "REST"},
		commands: b.commands(),
	}
}

// session returns a call with lines of commands. Patterns, prompts and automatic logins are off;
// the command glob turns patterns on.
func (b bsd) session(tr *trip, lines ...string) call {
	mode := "-p"
	if tr.way.active() {
		mode = "-A"
	}
	script := []string{"user " + user + " " + password, "binary"}
	if !tr.way.six && b.extended != (tr.way.verb[0] == 'E') {
		script = append(script, "epsv4") // the other ones
	}
	script = append(append(script, lines...), "quit")
	return call{
		program: b.program,
		args:    []string{mode, "-n", "-i", "-g", "-d", "-v", tr.host, tr.portText()},
		stdin:   strings.Join(script, "\n") + "\n",
	}
}

func (b bsd) push(tr *trip, local, remote string) string {
	var lines []string
	for _, e := range walk(tr.T, local)[1:] {
		here := bsdQuote(filepath.Join(local, e.path))
		there := bsdQuote(filepath.Join(remote, e.path))
		if e.dir {
			lines = append(lines, "mkdir "+there)
		} else {
			lines = append(lines, "put "+here+" "+there)
		}
	}
	return tr.run(b.session(tr, lines...))
}

func (b bsd) pull(tr *trip, local, remote string) string {
	var lines []string
	for _, e := range walk(tr.T, tr.there) {
		here, there := filepath.Join(local, e.path), filepath.Join(remote, e.path)
		if e.dir {
			mkdir(tr.T, here)
		} else {
			lines = append(lines, "get "+bsdQuote(there)+" "+bsdQuote(here))
		}
	}
	return tr.run(b.session(tr, lines...))
}

func (b bsd) get(tr *trip, x transfer) call {
	verb := "get"
	if x.manner == resumed {
		verb = "reget"
	}
	return b.session(tr, bsdManner(x), verb+" "+bsdQuote(x.remote)+" "+bsdQuote(x.local))
}

func (b bsd) put(tr *trip, x transfer) call {
	begin := bsdManner(x)
	if x.manner == resumed {
		begin = fmt.Sprintf("restart %d", x.done)
	}
	return b.session(tr, begin, "put "+bsdQuote(x.local)+" "+bsdQuote(x.remote))
}

func bsdManner(x transfer) string {
	switch x.manner {
	case slow:
		return fmt.Sprintf("rate all %d", slowRate)
	case lines:
		return "ascii"
	}
	return "binary"
}

// bsdQuote quotes an argument.
func bsdQuote(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte(" \t\"\\$!", c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// commands has the commands. Their patterns these clients leave to the server's NLST.
func (b bsd) commands() []command {
	in := func(lines ...string) func(*trip) string {
		return func(tr *trip) string {
			return tr.run(b.session(tr, append([]string{"cd " + tr.remote}, lines...)...))
		}
	}
	return []command{{
		name: "ls", way: pasv(), do: in("pwd", "dir", "ls sub"),
		says: []string{" 500 ", " c.dat", " odd [x]", " d.txt"},
	}, {
		name: "nlist", way: epsv6(), do: in("nlist", "nlist sub"),
		says: []string{"a.txt", "odd [x]", "sub/d.txt"},
	}, {
		name: "mget", way: pasv(), do: in("mget a.txt c.dat"),
		here: files{"a.txt": "alpha\n", "c.dat": folder()["c.dat"]},
	}, {
		name: "mget with patterns", way: epsv6(), do: func(tr *trip) string {
			mkdir(tr.T, filepath.Join(tr.dir, "sub")) // they do not make one for a match
			return in("glob", "mget *.txt sub/d.*")(tr)
		},
		here: files{
			"a.txt": "alpha\n", "b.txt": "beta\n", "sub/d.txt": "delta\n", "c.dat": gone,
		},
	}, {
		name: "mdelete with patterns", way: pasv(), do: in("glob", "mdelete [ab].txt odd*/*"),
		there: files{"a.txt": gone, "b.txt": gone, "odd [x]/e f.txt": gone},
	}, {
		name: "nlist with patterns", way: port(), do: in("nlist *.???", "nlist a.txt"),
		says: []string{"a.txt", "b.txt", "c.dat"},
	}, {
		name: "mput", way: eprt6(), do: in("mput new.txt"),
		there: files{"new.txt": "new\n"},
	}, {
		name: "rename and delete", way: pasv(),
		do:    in("rename a.txt sub/z.txt", "delete b.txt", "mdelete c.dat"),
		there: files{"a.txt": gone, "sub/z.txt": "alpha\n", "b.txt": gone, "c.dat": gone},
	}, {
		name: "folders", way: pasv(),
		do:    in("mkdir x", "cd x", "put new.txt", "cdup", "delete sub/d.txt", "rmdir sub"),
		there: files{"x/new.txt": "new\n", "sub/d.txt": gone},
	}, {
		name: "append", way: epsv6(), do: in("append new.txt a.txt"),
		there: files{"a.txt": "alpha\nnew\n"},
	}, {
		name: "chmod", way: pasv(), do: in("chmod 600 a.txt"),
		modes: map[string]os.FileMode{"a.txt": 0o600},
	}, {
		name: "size and time", way: pasv(),
		do:   in("size c.dat", "modtime c.dat", "system", "idle 60", "quote STAT sub"),
		says: []string{"213 500", "MDTM c.dat", "UNIX", "SITE IDLE 60", " d.txt"},
	}}
}
