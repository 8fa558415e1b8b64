//go:build clients

package clients

import (
	"fmt"
	"os"
	"strings"
)

func lftp() client {
	return client{
		name: "lftp",
		// No active mode to ::1: it sends EPRT with the address `::`, whatever it is bound to.
		ways: []way{epsv(), pasv(), port(), eprt(), epsv6()},
		tls: []way{
			epsv().over(tls13, "require"), pasv().over(tls12, "require").implicitly(),
			port().over(tls12, "require"), eprt().over(tls13, "warn").fresh(),
			epsv6().over(tls13, "require").implicitly(), epsv6().over(tls12, "off").fresh(),
		},
		push: func(tr *trip, local, remote string) string {
			line := "mirror -R --parallel=4 " + lftpQuote(local) + " " + lftpQuote(remote)
			return tr.run(tr.lftp(line))
		},
		pull: func(tr *trip, local, remote string) string {
			line := "mirror --parallel=4 " + lftpQuote(remote) + " " + lftpQuote(local)
			return tr.run(tr.lftp(line))
		},
		way: epsv6(),
		get: mover{call: func(tr *trip, x transfer) call {
			return tr.lftpMove(x, "get", x.remote, x.local)
		}, manners: every(), resumes: "REST"},
		put: mover{call: func(tr *trip, x transfer) call {
			return tr.lftpMove(x, "put", x.local, x.remote)
		}, manners: every(), resumes: "REST"},
		commands: lftpCommands(),
	}
}

// lftp returns a call of lftp with lines of commands.
func (tr *trip) lftp(lines ...string) call {
	script := []string{
		"debug 5",
		"set cmd:fail-exit yes",
		"set net:max-retries 1",
		"set net:timeout 20",
		"set ftp:list-options -a",
		fmt.Sprintf("set ftp:passive-mode %t", !tr.way.active()),
		fmt.Sprintf("set ftp:prefer-epsv %t", tr.way.verb[0] == 'E'),
	}
	if p := tr.way.tls; p.on() {
		script = append(script, "set ftp:ssl-force yes", "set ssl:ca-file "+tr.certificate,
			"set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS"+p.version,
			fmt.Sprintf("set ftp:ssl-copy-sid %t", !p.fresh))
	}
	script = append(script, fmt.Sprintf("open -u %s,%s -p %d %s://%s", user, password, tr.port, tr.scheme(), bracketed(tr.host)))
	return call{
		program: "lftp",
		args:    []string{"--norc", "-f", "/dev/stdin"},
		stdin:   strings.Join(append(script, lines...), "\n") + "\n",
	}
}

func (tr *trip) lftpMove(x transfer, command, from, to string) call {
	rate := 0 // none
	switch x.manner {
	case slow:
		rate = slowRate
	case resumed:
		command += " -c"
	case lines:
		command += " -a"
	}
	return tr.lftp(fmt.Sprintf("set net:limit-total-rate %d", rate),
		command+" "+lftpQuote(from)+" -o "+lftpQuote(to))
}

// lftpQuote quotes an argument.
func lftpQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func lftpCommands() []command {
	in := func(lines ...string) func(*trip) string {
		return func(tr *trip) string {
			return tr.run(tr.lftp(append([]string{"cd " + tr.remote}, lines...)...))
		}
	}
	return []command{{
		name: "mget", way: epsv(), do: in("mget *.txt sub/*.txt"),
		here: files{"a.txt": "alpha\n", "b.txt": "beta\n", "d.txt": "delta\n", "c.dat": gone},
	}, {
		name: "mput", way: port(), do: in("mput -O sub *.txt"),
		there: files{"sub/new.txt": "new\n"},
	}, {
		name: "mrm", way: epsv(), do: in("mrm *.txt"),
		there: files{"a.txt": gone, "b.txt": gone},
	}, {
		name: "mv", way: epsv(), do: in(`mv a.txt "sub/a b.txt"`, `mv sub "new sub"`),
		there: files{
			"a.txt": gone, "sub/d.txt": gone,
			"new sub/a b.txt": "alpha\n", "new sub/d.txt": "delta\n",
		},
	}, {
		name: "chmod", way: epsv(), do: in("chmod 600 a.txt", "chmod 0750 sub"),
		modes: map[string]os.FileMode{"a.txt": 0o600, "sub": 0o750},
	}, {
		name: "glob", way: port(), do: in("glob echo found *.dat odd*/e*",
			"glob --exist *.txt && echo some", "glob --not-exist *.zip && echo none"),
		says: []string{"found c.dat odd [x]/e f.txt\n", "some\n", "none\n"},
	}, {
		name: "cls", way: epsv(), do: in("cls -l --sort=name", "cls -1 sub/"),
		says: []string{"-rw-r--r--", " 500 ", " c.dat\n", "drwxr-xr-x", " sub/\n", "sub/d.txt\n"},
	}, {
		name: "cls of LIST", way: epsv6(), do: in("set ftp:use-mlsd off", "cls -l --sort=size"),
		says: []string{"-rw-r--r--", " 500 ", " c.dat\n", "drwxr-xr-x", " odd [x]/\n", " sub/\n"},
	}, {
		name: "ls", way: epsv(), do: in("ls", "ls sub", "ls *.txt", "nlist"),
		says: []string{" c.dat\n", " odd [x]\n", " d.txt\n", " a.txt\n", "\nodd [x]\n"},
	}, {
		name: "find and du", way: epsv(), do: in("find .", "du -a -b ."),
		says: []string{"./sub/d.txt\n", "./odd [x]/e f.txt\n", "500\t./c.dat\n", "525\t.\n"},
	}, {
		name: "folders", way: epsv(), do: in(`mkdir -p "x/y z"`, `put new.txt -o "x/y z/"`,
			"rm -r sub", `rm "odd [x]/e f.txt"`, `rmdir "odd [x]"`),
		there: files{"x/y z/new.txt": "new\n", "sub/d.txt": gone, "odd [x]/e f.txt": gone},
	}, {
		name: "pget", way: epsv(), do: in("pget -n 3 c.dat -o parts"),
		here: files{"parts": folder()["c.dat"]},
	}, {
		name: "cat", way: port(), do: in("cat a.txt b.txt"),
		says: []string{"alpha\nbeta\n"},
	}}
}
