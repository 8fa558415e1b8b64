//go:build clients

package clients

import (
	"path/filepath"
	"strconv"
	"strings"
)

func ftplib() client {
	return client{
		name: "ftplib",
		ways: []way{pasv(), port(), epsv6(), eprt6()},
		tls: []way{
			pasv().over(tls13, "require"), port().over(tls12, "require").implicitly(),
			epsv6().over(tls12, "warn").fresh(), eprt6().over(tls13, "off").fresh().implicitly(),
		},
		push: func(tr *trip, local, remote string) string {
			return tr.run(tr.ftplib("push", local, remote, 0))
		},
		pull: func(tr *trip, local, remote string) string {
			return tr.run(tr.ftplib("pull", local, remote, 0))
		},
		way: pasv(),
		get: mover{call: func(tr *trip, x transfer) call {
			return tr.ftplibMove(x, "get")
		}, manners: every(), resumes: "REST"},
		put: mover{call: func(tr *trip, x transfer) call {
			return tr.ftplibMove(x, "put")
		}, manners: every(), resumes: "REST"},
	}
}

// ftplib returns a call of the program in testdata.
func (tr *trip) ftplib(command, local, remote string, number int64) call {
	tr.Helper()
	program, err := filepath.Abs(filepath.Join("testdata", "ftplib_client.py"))
	if err != nil {
		tr.Fatal(err)
	}
	args := []string{
		program, tr.host, tr.portText(), tr.way.verb,
		command, local, remote, strconv.FormatInt(number, 10),
	}
	if p := tr.way.tls; p.on() {
		begins, data := "explicit", "resuming"
		if p.implicit {
			begins = "implicit"
		}
		if p.fresh {
			data = "fresh"
		}
		args = append(args, tr.certificate, "TLSv"+strings.ReplaceAll(p.version, ".", "_"), begins, data)
	}
	return call{program: "/usr/bin/python3", args: args} // the package's, whatever comes first on the path
}

// ftplibMove is slow in its own way: it stops in the middle and waits to be killed.
func (tr *trip) ftplibMove(x transfer, direction string) call {
	tr.Helper()
	switch x.manner {
	case slow:
		return tr.ftplib("part"+direction, x.local, x.remote, interruptAt)
	case lines:
		return tr.ftplib("text"+direction, x.local, x.remote, 0)
	}
	return tr.ftplib(direction, x.local, x.remote, x.done)
}
