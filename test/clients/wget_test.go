//go:build clients

package clients

import (
	"fmt"
	"strings"
)

func wget() client {
	const cut = "it cuts names that leave no room for a suffix of its own"
	return client{
		name: "wget",
		ways: []way{pasv(), port(), epsv6(), eprt6()},
		tls: []way{
			pasv().over(tls13, "require"), port().over(tls12, "require").implicitly(),
			epsv6().over(tls12, "warn").fresh(), eprt6().over(tls13, "require").implicitly(),
		},
		pull: func(tr *trip, local, remote string) string { // it sends nothing
			return tr.run(tr.wget("--recursive", "--level=inf", "--timestamping",
				"--no-host-directories", "--cut-dirs=1", "--restrict-file-names=nocontrol",
				"--directory-prefix="+local, tr.url(remote)+"/"))
		},
		cannotPull: lacks{
			leadingBlank: "it takes blanks before a name for the padding of a listing",
			percent:      "it decodes what it reads in a listing as if it were a URL",
			long:         cut,
			longUTF8:     cut,
		},
		way:      pasv(),
		get:      mover{call: wgetGet, manners: every(), resumes: "REST", keepsCR: true},
		commands: wgetCommands(),
	}
}

// wget returns a call of wget with the options of the trip's way.
func (tr *trip) wget(args ...string) call {
	options := []string{
		"--no-config", "--verbose", "--progress=dot:mega", "--timeout=20", "--tries=1",
	}
	if tr.way.active() {
		options = append(options, "--no-passive-ftp")
	}
	if p := tr.way.tls; p.on() {
		options = append(options, "--ca-certificate="+tr.certificate, "--secure-protocol=TLSv"+strings.ReplaceAll(p.version, ".", "_"))
		if p.implicit {
			options = append(options, "--ftps-implicit")
		}
		if p.fresh {
			options = append(options, "--no-ftps-resume-ssl")
		}
		for i, arg := range args { // to wget both are ftps
			args[i] = strings.Replace(arg, "ftp://", "ftps://", 1)
		}
	}
	return call{program: "wget", args: append(options, args...)}
}

func wgetGet(tr *trip, x transfer) call {
	url, args := tr.url(x.remote), []string{"--output-document=" + x.local}
	switch x.manner {
	case slow:
		args = append(args, fmt.Sprintf("--limit-rate=%d", slowRate))
	case resumed:
		args = append(args, "--continue")
	case lines:
		url += ";type=a"
	}
	return tr.wget(append(args, url)...)
}

func wgetCommands() []command {
	return []command{{
		name: "glob", way: pasv(), do: func(tr *trip) string {
			return tr.run(tr.wget(tr.url(tr.remote) + "/*.txt"))
		},
		here: files{"a.txt": "alpha\n", "b.txt": "beta\n", "c.dat": gone},
	}, {
		name: "timestamping", way: epsv6(), do: func(tr *trip) string {
			tr.run(tr.wget("--timestamping", tr.url(tr.remote+"/c.dat")))
			return tr.run(tr.wget("--timestamping", tr.url(tr.remote+"/c.dat")))
		},
		says: []string{"not retrieving"},
		here: files{"c.dat": folder()["c.dat"]},
	}}
}
