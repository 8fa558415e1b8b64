//go:build clients

package clients

import "testing"

// TestClients starts the servers once for all tests.
func TestClients(t *testing.T) {
	lab := newLab(t)
	t.Run("tree", lab.testTrees)
	t.Run("large", lab.testLarge)
	t.Run("lines", lab.testLines)
	t.Run("resume", lab.testResume)
	t.Run("command", lab.testCommands)
}

// A client is a row of the table: a program, and what it can.
type client struct {
	name string
	ways []way // of trees; the first one moves all of them, the others a few files

	// The folder local becomes, or is filled from, the folder remote, a path relative to the
	// login's.
	push, pull func(tr *trip, local, remote string) (transcript string)
	// Names that it cannot send, and cannot fetch.
	cannotPush, cannotPull lacks

	way      way // of single files
	get, put mover

	commands []command
}

func table() []client {
	return []client{
		curl(), ftplib(), inetutils(), lftp(), ncftp(), rclone(), tnftp(), wget(),
	}
}

// A way is how data connections are opened: by which command, over which kind of address.
type way struct {
	verb string // PASV, EPSV, PORT or EPRT
	six  bool
}

// The ways there are. Over IPv6 the extended commands are the only ones (RFC 2428).
func pasv() way  { return way{"PASV", false} }
func epsv() way  { return way{"EPSV", false} }
func port() way  { return way{"PORT", false} }
func eprt() way  { return way{"EPRT", false} }
func epsv6() way { return way{"EPSV", true} }
func eprt6() way { return way{"EPRT", true} }

func (w way) String() string {
	if w.six {
		return w.verb + "-6"
	}
	return w.verb + "-4"
}

func (w way) active() bool { return w.verb == "PORT" || w.verb == "EPRT" }
