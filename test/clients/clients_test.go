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
	t.Run("binding", lab.testBinding)
	t.Run("swap", lab.testSwap)
}

// A client is a row of the table: a program, and what it can.
type client struct {
	name string
	ways []way // of trees; the first one moves all of them, the others a few files
	tls  []way // the same over TLS; none: it has no TLS
	// idles says why many files over TLS would take it minutes without anything to do: it moves a few and the odd ones only.
	idles string

	// The folder local becomes, or is filled from, the folder remote, a path relative to the
	// login's.
	push, pull   func(tr *trip, local, remote string) (transcript string)
	cannotResume map[string]string // versions of TLS in which its data connections resume nothing, and why
	// Names that it cannot send, and cannot fetch.
	cannotPush, cannotPull lacks

	way      way // of single files; over TLS it is the first one of tls
	get, put mover

	commands []command
}

func table() []client {
	return []client{
		curl(), ftplib(), inetutils(), lftp(), ncftp(), rclone(), tnftp(), wget(),
	}
}

// A way is how data connections are opened: by which command, over which kind of address, under which TLS.
type way struct {
	verb string // PASV, EPSV, PORT or EPRT
	six  bool
	tls  protection
}

// The ways there are. Over IPv6 the extended commands are the only ones (RFC 2428).
func pasv() way  { return way{verb: "PASV"} }
func epsv() way  { return way{verb: "EPSV"} }
func port() way  { return way{verb: "PORT"} }
func eprt() way  { return way{verb: "EPRT"} }
func epsv6() way { return way{verb: "EPSV", six: true} }
func eprt6() way { return way{verb: "EPRT", six: true} }

func (w way) String() string {
	if w.six {
		return w.verb + "-6" + w.tls.String()
	}
	return w.verb + "-4" + w.tls.String()
}

func (w way) active() bool { return w.verb == "PORT" || w.verb == "EPRT" }
