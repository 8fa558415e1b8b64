//go:build clients

package clients

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pureftpd/test/harness"
)

const (
	swaps     = 100
	swapPause = 100 * time.Millisecond // the server looks once a second: it finds files in every state
)

// testSwap replaces the certificate and then its key, a hundred times, while all clients come and go. None may notice.
func (l *lab) testSwap(t *testing.T) {
	if *serverFlag != "" {
		t.Skip("another server may have other settings for TLS")
	}
	var certificates, keys [2][]byte
	for i := range certificates {
		text, err := harness.NewCertificate(fmt.Sprintf("certificate %d", i))
		if err != nil {
			t.Fatal(err)
		}
		end := bytes.Index(text, []byte("-----BEGIN PRIVATE KEY"))
		certificates[i], keys[i] = text[:end], text[end:]
	}
	w := epsv().over(tls13, "warn")
	s := l.startWith(t, w, "$DIR/swapped.pem,$DIR/swapped.key", map[string]string{
		"swapped.pem": string(certificates[1]), "swapped.key": string(keys[1]),
	})
	s.certificate = filepath.Join(t.TempDir(), "both.pem") // and none but these two is trusted
	write(t, s.certificate, bytes.Join(certificates[:], nil))

	var clients sync.WaitGroup
	var stop atomic.Bool
	var fetched atomic.Int64
	for _, c := range table() {
		for _, version := range []string{tls12, tls13} {
			if len(c.tls) == 0 {
				continue
			}
			tr := tripTo(t, s, c.tls[0].over(version, "warn"))
			write(t, filepath.Join(tr.there, "file"), []byte(c.name))
			x := transfer{local: filepath.Join(tr.dir, "file"), remote: tr.remote + "/file"}
			clients.Go(func() {
				for !stop.Load() {
					output, err := tr.try(c.get.call(tr, x))
					got, _ := os.ReadFile(x.local)
					if err != nil || string(got) != c.name {
						t.Errorf("%s with TLS %s fetched %q, %v\n%s", c.name, version, got, err, tail(output))
						return
					}
					os.Remove(x.local)
					fetched.Add(1)
				}
			})
		}
	}
	tick := time.NewTicker(swapPause)
	defer tick.Stop()
	for i := range swaps {
		<-tick.C
		replaceFile(t, filepath.Join(s.dir, "swapped.pem"), certificates[i%2])
		replaceFile(t, filepath.Join(s.dir, "swapped.key"), keys[i%2])
	}
	stop.Store(true)
	clients.Wait()
	t.Logf("%d files were fetched meanwhile", fetched.Load())
	if s.log == nil {
		return // only root has a log to read
	}
	used := strings.Count(strings.Join(s.log.Lines(), "\n"), "the new certificate is in use")
	if t.Logf("%d certificates were used", used); used < 3 {
		t.Errorf("the server used %d new certificates; want more", used)
	}
}

// replaceFile replaces a file at once, as its readers see it.
func replaceFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
