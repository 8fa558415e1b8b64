package control

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
)

// TestHandover makes a connection of the socket the way of descriptors.
func TestHandover(t *testing.T) {
	l := newLab(t)
	l.config.Hooks.Handover = func(connect func() (*net.UnixConn, error)) error {
		conn, err := connect()
		if err != nil {
			return err
		}
		_, err = io.WriteString(conn, "descriptors")
		return errors.Join(err, conn.Close())
	}
	c := l.listen(t)
	conn, err := c.Handover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, err := io.ReadAll(conn); string(got) != "descriptors" || err != nil {
		t.Errorf("on the connection comes %q, %v; want what the hook has written", got, err)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("the next question: %v", err)
	}
}

func TestHandoverIsRefused(t *testing.T) {
	l := newLab(t)
	_, err := l.listen(t).Handover(t.Context())
	if e, ok := errors.AsType[*Error](err); !ok || e.Status != http.StatusConflict || e.Text != "the server accepts nobody any more" {
		t.Errorf("Handover() = %v; want the reason of the hook", err)
	}
	if w := l.as(Operator, "POST", "/v1/server/handover", "", "Upgrade", handoverProtocol); w.Code != http.StatusForbidden {
		t.Errorf("an operator is answered %d; want %d", w.Code, http.StatusForbidden)
	}
}

// TestPredecessors passes over who does not listen, or has handed over already.
func TestPredecessors(t *testing.T) {
	for _, test := range []struct {
		status Status
		want   int
	}{
		{Status{Mode: "standalone"}, 1}, {Status{Mode: "inetd"}, 0}, {Status{Mode: "try"}, 0}, {Status{Mode: "standalone", Successor: 7}, 0},
	} {
		l := newLab(t)
		l.config.Hooks.Status = func() Status { return test.status }
		c := l.listen(t)
		other := l.dir + "/1.sock" // another process's, as the name says: one's own is never asked
		if err := os.Rename(c.Path(), other); err != nil {
			t.Fatal(err)
		}
		found, err := Predecessors(t.Context(), l.dir)
		if len(found) != test.want || err != nil {
			t.Errorf("%+v: %d predecessors, %v; want %d", test.status, len(found), err, test.want)
		}
	}
}
