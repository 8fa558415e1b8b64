//go:build clients

package clients

import (
	"path/filepath"
	"strconv"
)

func ftplib() client {
	return client{
		name: "ftplib",
		ways: []way{pasv(), port(), epsv6(), eprt6()},
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
	return call{
		program: "/usr/bin/python3", // the package's, whatever comes first on the path
		args: []string{
			program, tr.host, tr.portText(), tr.way.verb,
			command, local, remote, strconv.FormatInt(number, 10),
		},
	}
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
