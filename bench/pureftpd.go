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
		forks: true, listing: true,
		note: "virtual user from a .pdb file, chrooted (-A), no DNS (-H), no log (-f none)",
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
	return program{
		path: binary,
		args: []string{
			"-S", "127.0.0.1," + strconv.Itoa(port), "-4", "-A", "-E", "-H", "-f", "none",
			"-c", "30000", "-L", "20000:5", "-l", "puredb:" + database,
			"-g", filepath.Join(st.conf, name+".pid"),
		},
		env: []string{libraryPath(filepath.Join(st.Cache, original().pkg))},
	}, nil
}

// database makes the virtual user's .pdb file with the original's own tool.
func (st *stage) database() (string, error) {
	line := fmt.Sprintf("%s:%s:%d:%d::%s/./::::::::::::\n",
		userName, hashes()[st.Hash], userID, userID, st.home)
	passwd, err := st.configure("pureftpd.passwd", line)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(st.Cache, original().pkg)
	database := filepath.Join(st.conf, "pureftpd.pdb")
	cmd := exec.Command(filepath.Join(dir, "usr/bin/pure-pw"), "mkdb", database, "-f", passwd)
	cmd.Env = []string{libraryPath(dir)}
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pure-pw mkdb: %w\n%s", err, text)
	}
	return database, nil
}
