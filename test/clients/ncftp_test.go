//go:build clients

package clients

import "path/filepath"

func ncftp() client {
	const why = "beside a name this long it loses the end of a folder's name, or a folder's files"
	cannot := lacks{long: why, longUTF8: why}
	return client{
		name:       "ncftp",
		ways:       []way{pasv(), port()}, // it knows neither extended commands nor IPv6, nor TLS
		push:       ncftpPush,
		pull:       ncftpPull,
		cannotPush: cannot,
		cannotPull: cannot,
		way:        pasv(),
		get: mover{call: func(tr *trip, x transfer) call {
			args := append(ncftpManner(x), tr.host, filepath.Dir(x.local), x.remote)
			return tr.ncftp("ncftpget", args...)
		}, manners: fast(), resumes: "REST"},
		put: mover{call: func(tr *trip, x transfer) call {
			args := append(ncftpManner(x), tr.host, filepath.Dir(x.remote), x.local)
			return tr.ncftp("ncftpput", args...)
		}, manners: fast(), resumes: "REST"},
		commands: ncftpCommands(),
	}
}

// ncftp returns a call of one of ncftp's programs with the options of the trip's way.
func (tr *trip) ncftp(program string, args ...string) call {
	options := []string{
		"-u", user, "-p", password, "-P", tr.portText(), "-d", "/dev/stdout", "-t", "20",
	}
	if tr.way.active() {
		options = append(options, "-E")
	}
	if program == "ncftpput" {
		options = append(options, "-s") // its sendfile forgets where a resumed upload begins
	}
	return call{program: program, args: append(options, args...)}
}

func ncftpManner(x transfer) []string {
	switch x.manner {
	case resumed:
		return []string{"-z"}
	case lines:
		return []string{"-a"}
	}
	return nil
}

// ncftpPush sends what is in a folder.
func ncftpPush(tr *trip, local, remote string) string {
	args := []string{"-R", tr.host, remote}
	for _, name := range list(tr.T, local) {
		args = append(args, filepath.Join(local, name))
	}
	return tr.run(tr.ncftp("ncftpput", args...))
}

// ncftpPull fetches what is in a folder, without asking for an archive of it.
func ncftpPull(tr *trip, local, remote string) string {
	mkdir(tr.T, local)
	args := []string{"-R", "-T", tr.host, local}
	for _, name := range list(tr.T, tr.there) {
		args = append(args, filepath.Join(remote, name))
	}
	return tr.run(tr.ncftp("ncftpget", args...))
}

// Patterns it leaves to the server's NLST.
func ncftpCommands() []command {
	return []command{{
		name: "ls", way: pasv(), do: func(tr *trip) string {
			return tr.run(tr.ncftp("ncftpls", "-l", tr.url(tr.remote)+"/"))
		},
		says: []string{"-rw-r--r--", " 500 ", " c.dat\n", " odd [x]\n"},
	}, {
		name: "get patterns", way: pasv(), do: func(tr *trip) string {
			return tr.run(tr.ncftp("ncftpget", tr.host, ".", tr.remote+"/*.txt", tr.remote+"/sub/?.txt"))
		},
		says: []string{"NLST"},
		here: files{"a.txt": "alpha\n", "b.txt": "beta\n", "d.txt": "delta\n", "c.dat": gone},
	}, {
		name: "make folder", way: pasv(), do: func(tr *trip) string {
			return tr.run(tr.ncftp("ncftpput", "-m", tr.host, tr.remote+"/x/y", "new.txt"))
		},
		there: files{"x/y/new.txt": "new\n"},
	}, {
		name: "temporary name", way: pasv(), do: func(tr *trip) string {
			return tr.run(tr.ncftp("ncftpput", "-S", ".part", tr.host, tr.remote, "new.txt"))
		},
		says:  []string{"RNFR", "RNTO"},
		there: files{"new.txt": "new\n", "new.txt.part": gone},
	}, {
		name: "append", way: port(), do: func(tr *trip) string {
			tr.save("d.txt", "more\n")
			return tr.run(tr.ncftp("ncftpput", "-A", tr.host, tr.remote+"/sub", "d.txt"))
		},
		says:  []string{"APPE"},
		there: files{"sub/d.txt": "delta\nmore\n"},
	}}
}
