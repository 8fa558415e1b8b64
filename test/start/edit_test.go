package start

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// seen is within what time an edit of the text counts.
const seen = time.Second

// TestEditOfTheTextCounts edits the text that a running server reads: a new user may log in within a second, and while the
// text is broken everybody may whom it named before.
func TestEditOfTheTextCounts(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	put(t, filepath.Join(dir, "home", "hello.txt"), "hello\n")
	line := func(name string) string {
		const secret = "$1$dialogue$2su0djcNzplTy12Ou7kxS1"
		return fmt.Sprintf("%s:%s:%d:%d::%s/home/./::::::::::::\n", name, secret, owner(), group(), dir)
	}
	edit := func(text string) string {
		path := put(t, filepath.Join(dir, "users.passwd"), text)
		time.Sleep(seen)
		return path
	}
	path, address := edit(line("ann")), "127.0.0.1:"+number
	p := launch(t, dir, command{args: quiet("-l", "purepw:"+path, "-S", "127.0.0.1,"+number, "-g", filepath.Join(dir, "pid"))})
	p.serves(t, address)
	login := func(code int, name string) {
		t.Helper()
		c := greeted(t, address)
		c.Ask(331, "USER "+name)
		c.Ask(code, "PASS secret")
	}
	login(230, "ann")
	login(530, "bob")
	edit(line("ann") + line("bob"))
	login(230, "bob")
	edit("ann:x:not a number:1::/\n" + line("new"))
	login(230, "ann")
	login(230, "bob")
	login(530, "new")
	edit(line("new"))
	login(230, "new")
	login(530, "ann")
}
