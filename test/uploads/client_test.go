//go:build privileged || oracle

package uploads

import (
	"fmt"
	"net"
	"testing"

	"pureftpd/test/harness"
)

// login connects to an address, waits for a server that is starting, and logs in.
func login(t *testing.T, address, name string) *harness.Client {
	t.Helper()
	await(t, "the server", open)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, conn, name)
}

func newClient(t *testing.T, conn net.Conn, name string) *harness.Client {
	t.Helper()
	c := harness.NewClient(t, conn, 2*patience)
	c.Reply(220)
	c.Login(name)
	return c
}

// numbers uploads files that are called by their numbers.
func numbers(c *harness.Client, first, n int) {
	for i := first; i < first+n; i++ {
		c.Store(fmt.Sprint(i), "x")
	}
}
