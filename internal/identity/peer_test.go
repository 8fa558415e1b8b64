package identity

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPeerOf(t *testing.T) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	served, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	raw, err := served.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	p, err := PeerOf(raw)
	if err != nil || int(p.PID) != os.Getpid() || int(p.UID) != os.Getuid() || int(p.GID) != os.Getgid() {
		t.Errorf("PeerOf = %+v, %v; want this process", p, err)
	}
	groups, err := os.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	for _, gid := range groups {
		if !p.In(uint32(gid)) {
			t.Errorf("the peer is not in its group %d: %+v", gid, p)
		}
	}
	if !p.In(p.GID) || p.In(4294967294) {
		t.Errorf("In tells wrong: %+v", p)
	}
	if slices.Contains(p.Groups, 4294967294) {
		t.Errorf("groups %v", p.Groups)
	}
	served.Close()
	if _, err := PeerOf(raw); err == nil {
		t.Error("a closed socket has a peer")
	}
}
