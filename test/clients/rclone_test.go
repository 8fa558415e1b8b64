//go:build clients

package clients

import (
	"fmt"
	"strings"
)

func rclone() client {
	return client{
		name: "rclone",
		ways: []way{epsv(), pasv(), epsv6()}, // it has no active mode
		tls: []way{
			epsv().over(tls13, "require"), pasv().over(tls12, "require").implicitly(),
			epsv6().over(tls13, "warn").fresh().implicitly(), epsv().over(tls12, "off").fresh(),
		},
		push: func(tr *trip, local, remote string) string {
			return tr.run(tr.rclone("sync", "--create-empty-src-dirs", local, ":ftp:"+remote))
		},
		pull: func(tr *trip, local, remote string) string {
			return tr.run(tr.rclone("sync", "--create-empty-src-dirs", ":ftp:"+remote, local))
		},
		way: epsv(),
		get: mover{call: func(tr *trip, x transfer) call {
			return tr.rclone("copyto", ":ftp:"+x.remote, x.local)
		}, manners: []manner{whole}},
		put: mover{call: func(tr *trip, x transfer) call {
			return tr.rclone("copyto", x.local, ":ftp:"+x.remote)
		}, manners: []manner{whole}},
		commands: rcloneCommands(),
	}
}

// rclone returns a call of rclone. The environment describes the remote.
func (tr *trip) rclone(args ...string) call {
	tr.Helper()
	obscured := tr.run(call{program: "rclone", args: []string{"obscure", password}})
	options := []string{
		"--config=", "-vv", "--dump=bodies", "--retries=1", "--low-level-retries=1",
	}
	p := tr.way.tls
	env := []string{
		"SSL_CERT_FILE=" + tr.certificate,
		fmt.Sprintf("RCLONE_FTP_TLS=%t", p.implicit),
		fmt.Sprintf("RCLONE_FTP_EXPLICIT_TLS=%t", p.on() && !p.implicit),
		fmt.Sprintf("RCLONE_FTP_DISABLE_TLS13=%t", p.version == tls12),
	}
	if p.fresh {
		env = append(env, "RCLONE_FTP_TLS_CACHE_SIZE=0")
	}
	sessions := 4
	if p.binding == "require" {
		sessions = 1 // they share one store of tickets, and would show those of each other
	}
	return call{
		program: "rclone",
		args:    append(options, args...),
		env: append(env,
			"RCLONE_FTP_HOST="+bracketed(tr.host),
			"RCLONE_FTP_PORT="+tr.portText(),
			"RCLONE_FTP_USER="+user,
			"RCLONE_FTP_PASS="+strings.TrimSpace(obscured),
			fmt.Sprintf("RCLONE_FTP_CONCURRENCY=%d", sessions),
			fmt.Sprintf("RCLONE_FTP_DISABLE_EPSV=%t", tr.way.verb == "PASV"),
			// By default it replaces blanks at the ends of names by something else.
			"RCLONE_FTP_ENCODING=Slash,Del,Ctl",
			"RCLONE_LOCAL_ENCODING=Slash",
		),
	}
}

func rcloneCommands() []command {
	// do runs rclone with the folder in place of each REMOTE.
	do := func(args ...string) func(*trip) string {
		return func(tr *trip) string {
			var words []string
			for _, arg := range args {
				words = append(words, strings.ReplaceAll(arg, "REMOTE", ":ftp:"+tr.remote))
			}
			return tr.run(tr.rclone(words...))
		}
	}
	return []command{{
		name: "lsf", way: epsv(), do: do("lsf", "-R", "--format", "ps", "REMOTE"),
		says: []string{"c.dat;500\n", "odd [x]/e f.txt;8\n", "sub/;-1\n"},
	}, {
		name: "moveto", way: epsv(), do: do("moveto", "REMOTE/a.txt", "REMOTE/x/z.txt"),
		there: files{"a.txt": gone, "x/z.txt": "alpha\n"},
	}, {
		name: "move folder", way: epsv(), do: do("move", "REMOTE/sub", "REMOTE/new"),
		there: files{"sub/d.txt": gone, "new/d.txt": "delta\n"},
	}, {
		name: "delete", way: epsv(), do: do("delete", "--include", "*.txt", "REMOTE"),
		there: files{"a.txt": gone, "b.txt": gone, "sub/d.txt": gone, "odd [x]/e f.txt": gone},
	}, {
		name: "purge", way: epsv(), do: do("purge", "REMOTE/sub"),
		there: files{"sub/d.txt": gone},
	}, {
		name: "cat", way: epsv(), do: do("cat", "--offset", "5", "--count", "7", "REMOTE/c.dat"),
		says: []string{"5678901"},
	}, {
		name: "touch", way: epsv(),
		do:   do("touch", "--timestamp", "2020-01-02T03:04:05", "REMOTE/a.txt"),
		says: []string{"MFMT 20200102030405"},
	}}
}
