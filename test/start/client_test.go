package start

import (
	"net"
	"testing"

	"pureftpd/test/harness"
)

// dial connects and reads nothing.
func dial(t *testing.T, address string) *harness.Client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return harness.NewClient(t, conn, 2*patience)
}

// greeted connects and reads the greeting.
func greeted(t *testing.T, address string) *harness.Client {
	t.Helper()
	c := dial(t, address)
	c.Reply(220)
	return c
}

// user connects and logs in.
func user(t *testing.T, address, name string) *harness.Client {
	t.Helper()
	c := greeted(t, address)
	c.Login(name)
	return c
}

// works uploads a file and downloads it again.
func works(t *testing.T, c *harness.Client) {
	t.Helper()
	const content = "there and back again\n"
	c.Ask(200, "TYPE I")
	c.Store("trip.txt", content)
	if got := c.Fetch("trip.txt"); got != content {
		t.Errorf("fetched %q; want %q", got, content)
	}
}
