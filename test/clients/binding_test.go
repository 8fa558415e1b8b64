//go:build clients

package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testBinding lets each client fetch a file over data connections that resume nothing: under `warn` it is served, and
// the log says so; under `require` it gets nothing. With resumption, require serves it, and warn has nothing to say.
func (l *lab) testBinding(t *testing.T) {
	if *serverFlag != "" {
		t.Skip("another server may have other settings for TLS")
	}
	for _, c := range table() {
		if len(c.tls) == 0 {
			continue
		}
		for _, version := range []string{tls12, tls13} {
			for _, binding := range []string{"warn", "require"} {
				w := c.tls[0].over(version, binding)
				t.Run(c.name+"/"+w.fresh().String(), func(t *testing.T) { l.testBound(t, c, w.fresh()) })
				if _, cannot := c.cannotResume[version]; !cannot {
					t.Run(c.name+"/"+w.String(), func(t *testing.T) { l.testBound(t, c, w) })
				}
			}
		}
	}
}

func (l *lab) testBound(t *testing.T, c client, w way) {
	const content = "whose it is\n"
	tr := tripTo(t, l.start(t, w), w)
	write(t, filepath.Join(tr.there, "file"), []byte(content))
	x := transfer{local: filepath.Join(tr.dir, "file"), remote: tr.remote + "/file"}
	output, err := tr.try(c.get.call(tr, x))
	tr.quiet(t)
	refused := w.tls.fresh && w.tls.binding == "require"
	if got, _ := os.ReadFile(x.local); refused && (err == nil || len(got) > 0) {
		t.Errorf("the client fetched %q, %v; want nothing\n%s", got, err, tail(output))
	} else if !refused && (err != nil || string(got) != content) {
		t.Errorf("the client fetched %q, %v; want %q\n%s", got, err, content, tail(output))
	}
	if tr.log == nil {
		return // only root has a log to read
	}
	if err := tr.log.Expect([]string{"[INFO] Logout."}, func(pattern, s string) bool { return strings.Contains(s, pattern) }); err != nil {
		t.Error(err)
	}
	lines := strings.Join(tr.log.Lines(), "\n")
	if said := strings.Contains(lines, "does not resume"); said != w.tls.fresh {
		t.Errorf("the log says that a data connection does not resume: %v; want %v\n%s", said, w.tls.fresh, lines)
	}
}
