//go:build clients

package clients

import (
	"fmt"
	"path/filepath"
	"strings"
)

func curl() client {
	return client{
		name: "curl",
		// Active first: when a server answers fast, curl 7.88 sleeps for up to a second before it
		// opens a passive connection.
		ways: []way{eprt(), port(), epsv(), pasv(), epsv6(), eprt6()},
		// No active mode: curl 7.87 and 7.88 do not begin TLS there (curl issue 10666).
		tls: []way{
			epsv().over(tls13, "require"), pasv().over(tls13, "require").implicitly(),
			epsv().over(tls12, "warn").fresh(), pasv().over(tls12, "off").fresh().implicitly(),
			epsv6().over(tls13, "off").fresh(), epsv6().over(tls12, "off").fresh().implicitly(),
		},
		idles:        "it sleeps before it opens a passive connection, see above",
		cannotResume: map[string]string{tls12: "it takes no tickets, and wants a session identifier"},
		push:         curlPush,
		pull:         curlPull,
		way:          epsv(),
		get: mover{call: func(tr *trip, x transfer) call {
			return tr.curl(append(curlManner(x), "--output", x.local, tr.url(x.remote))...)
		}, manners: every(), resumes: "REST"},
		put: mover{call: func(tr *trip, x transfer) call {
			return tr.curl(append(curlManner(x), "--upload-file", x.local, tr.url(x.remote))...)
		}, manners: every(), resumes: "APPE"},
		commands: curlCommands(),
	}
}

// curl returns a call of curl with the options of the trip's way.
func (tr *trip) curl(args ...string) call {
	options := []string{
		"--disable", "--silent", "--show-error", "--verbose", "--globoff", "--max-time", "50",
	}
	switch tr.way.verb {
	case "PASV":
		options = append(options, "--disable-epsv")
	case "PORT":
		options = append(options, "--ftp-port", "-", "--disable-eprt")
	case "EPRT":
		options = append(options, "--ftp-port", "-")
	}
	if p := tr.way.tls; p.on() {
		options = append(options, "--ssl-reqd", "--cacert", tr.certificate, "--tlsv"+p.version, "--tls-max", p.version)
		if p.fresh {
			options = append(options, "--no-sessionid")
		}
	}
	return call{program: "curl", args: append(options, args...)}
}

func curlManner(x transfer) []string {
	switch x.manner {
	case slow:
		return []string{"--limit-rate", fmt.Sprint(slowRate)}
	case resumed:
		return []string{"--continue-at", "-"}
	case lines:
		return []string{"--use-ascii"}
	}
	return nil
}

// curlPush sends a tree in one run, with a configuration file that names each file. Folders that
// hold nothing are made by a command.
func curlPush(tr *trip, local, remote string) string {
	var config strings.Builder
	var empty []string
	for _, e := range walk(tr.T, local) {
		here, there := filepath.Join(local, e.path), filepath.Join(remote, e.path)
		if !e.dir {
			curlOption(&config, "url", tr.url(there))
			curlOption(&config, "upload-file", here)
		} else if len(list(tr.T, here)) == 0 {
			empty = append(empty, "--quote", "MKD "+filepath.Dir(there), "--quote", "MKD "+there)
		}
	}
	tr.save("config", config.String())
	output := tr.run(tr.curl("--ftp-create-dirs", "--config", "config"))
	if empty != nil {
		output += tr.run(tr.curl(append(empty, "--list-only", tr.url(""))...))
	}
	return output
}

// curlPull fetches a tree level by level: it lists the folders of one, then fetches their files.
func curlPull(tr *trip, local, remote string) string {
	output := ""
	for level := []string{"."}; len(level) > 0; {
		var listings, fetches strings.Builder
		for i, dir := range level {
			mkdir(tr.T, filepath.Join(local, dir))
			curlOption(&listings, "url", tr.url(filepath.Join(remote, dir))+"/")
			curlOption(&listings, "output", fmt.Sprintf("listing%d", i))
		}
		tr.save("config", listings.String())
		output += tr.run(tr.curl("--request", "MLSD", "--config", "config"))

		var next []string
		for i, dir := range level {
			for name, kind := range tr.types(fmt.Sprintf("listing%d", i)) {
				path := filepath.Join(dir, name)
				switch kind {
				case "dir":
					next = append(next, path)
				case "file":
					curlOption(&fetches, "url", tr.url(filepath.Join(remote, path)))
					curlOption(&fetches, "output", filepath.Join(local, path))
				}
			}
		}
		if tr.save("config", fetches.String()); fetches.Len() > 0 {
			output += tr.run(tr.curl("--config", "config"))
		}
		level = next
	}
	return output
}

// types returns the types of the entries in a listing of facts (RFC 3659, 7.2).
func (tr *trip) types(listing string) map[string]string {
	tr.Helper()
	types := make(map[string]string)
	for line := range strings.Lines(tr.saved(listing)) {
		facts, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "; ")
		if !ok {
			tr.Errorf("line %q of the listing has no name", line)
		}
		for fact := range strings.SplitSeq(facts, ";") {
			if kind, ok := strings.CutPrefix(fact, "type="); ok {
				types[name] = kind
			}
		}
	}
	return types
}

// curlOption writes a line of a configuration file.
func curlOption(b *strings.Builder, option, value string) {
	fmt.Fprintf(b, "%s = \"%s\"\n", option, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value))
}
