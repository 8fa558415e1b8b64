//go:build privileged

package start

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestSocketsOfRoot has a server that has become nobody ask a daemon and a service whose sockets are root's alone.
func TestSocketsOfRoot(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	put(t, filepath.Join(dir, "home", "hello.txt"), "hello\n")
	program, web, address := filepath.Join(dir, "program"), filepath.Join(dir, "web"), "127.0.0.1:"+number
	lines(t, program, func(user, _ string) string {
		if user != "ann" {
			return "auth_ok:0\nend\n"
		}
		return fmt.Sprintf("auth_ok:1\nuid:%d\ngid:%d\ndir:%s/home/./\nend\n", owner(), group(), dir)
	})
	service(t, web, func(w http.ResponseWriter, asked string) {
		if asked == question("bob", number) {
			_, _ = fmt.Fprintf(w, `{"auth":"ok","uid":%d,"gid":%d,"dir":"%s/home/./"}`, owner(), group(), dir)
		}
	})
	for _, path := range []string{program, web} {
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root(t, address, "-l", "extauth:"+program, "-l", "http:"+web, "-S", "127.0.0.1,"+number, "-g", dir+"/pid")
	works(t, user(t, address, "ann"))
	works(t, user(t, address, "bob"))
	c := greeted(t, address)
	c.Ask(331, "USER eve")
	c.Ask(530, "PASS secret") // the service has an empty answer
}
