package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
)

// original is Debian's Pure-FTPd.
func original() server {
	s := server{
		name: "original", pkg: "pure-ftpd", program: "usr/sbin/pure-ftpd",
		forks: true, listing: true, anew: "1.3",
		note: "virtual user from a .pdb file, chrooted (-A), no DNS (-H), no log (-f none); " +
			"with TLS 1.3 it hands out no tickets, so that each of its data connections is a new handshake",
	}
	s.command = func(st *stage, port int) (program, error) {
		return pureftpdCommand(st, s.in(st), s.name, port)
	}
	return s
}

// ours is this project's server, given the same switches.
func ours() server {
	s := server{
		name: "ours", listing: true,
		note: "the same switches and the same .pdb file as the original",
	}
	s.command = func(st *stage, port int) (program, error) {
		return pureftpdCommand(st, st.Ours, s.name, port)
	}
	return s
}

// pureftpdCommand is the command line both take.
func pureftpdCommand(st *stage, binary, name string, port int) (program, error) {
	database, err := st.database()
	if err != nil {
		return program{}, err
	}
	prog := pureftpdProgram(st, binary, name, port, original().pkg, "puredb:"+database)
	if st.TLS != "" {
		openssl, err := st.opensslEnv()
		if err != nil {
			return program{}, err
		}
		prog.args = append(prog.args, "-Y", "1", "-2", st.certificate())
		prog.env = append(prog.env, openssl)
	}
	return prog, nil
}

// pureftpdProgram is a server with a source of accounts (-l) and the libraries of a package in the cache.
func pureftpdProgram(st *stage, binary, name string, port int, pkg, source string) program {
	return program{
		path: binary,
		args: []string{
			"-S", "127.0.0.1," + strconv.Itoa(port), "-4", "-A", "-E", "-H", "-f", "none",
			"-c", "30000", "-L", "20000:5", "-l", source,
			"-g", filepath.Join(st.conf, name+".pid"),
		},
		env: []string{libraryPath(filepath.Join(st.Cache, pkg))},
	}
}

// database makes the virtual user's .pdb file with the original's own tool.
func (st *stage) database() (string, error) {
	if st.index != "" {
		return st.index, nil
	}
	lines := st.passwdLine(userName, "") + st.passwdLine(otherName, "") +
		st.passwdLine(heldName, fmt.Sprintf("%d:%d", heldRate, heldRate)) +
		st.passwdLine(freeName, fmt.Sprintf("%d:%d", freeRate, freeRate))
	passwd, err := st.configure("pureftpd.passwd", lines)
	if err != nil {
		return "", err
	}
	database := filepath.Join(st.conf, "pureftpd.pdb")
	if text, err := st.originalTool("mkdb", database, "-f", passwd).CombinedOutput(); err != nil {
		return "", fmt.Errorf("pure-pw mkdb: %w\n%s", err, text)
	}
	return database, nil
}

// Virtual users beside userName, alike but for their bandwidth.
const (
	otherName = "other"
	heldName  = "held"
	heldRate  = 100 << 10 // bytes per second
	freeName  = "free"
	freeRate  = 1 << 40 // nobody reaches it
)

// passwdLine is a virtual user's line of the text file; rates are "upload:download" in bytes per second, or "".
func (st *stage) passwdLine(name, rates string) string {
	if rates == "" {
		rates = ":"
	}
	return fmt.Sprintf("%s:%s:%d:%d::%s/./:%s::::::::::\n",
		name, hashes()[st.Hash], userID, userID, st.home, rates)
}

// originalTool is a command of the original's pure-pw.
func (st *stage) originalTool(args ...string) *exec.Cmd {
	dir := filepath.Join(st.Cache, original().pkg)
	cmd := exec.Command(filepath.Join(dir, "usr/bin/pure-pw"), args...)
	cmd.Env = []string{libraryPath(dir)}
	return cmd
}
