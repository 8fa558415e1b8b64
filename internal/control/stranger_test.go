package control

import (
	"fmt"
	"io"
	"net"
	"time"

	"pureftpd/internal/identity"
)

func peer(uid, gid uint32, groups []uint32) identity.Peer {
	return identity.Peer{PID: 1, UID: uid, GID: gid, Groups: groups}
}

// strangerVariable makes this test binary ask at a socket instead of testing.
const strangerVariable = "PURE_FTPD_TEST_STRANGER"

// stranger asks for the sessions and prints what it reads, to the byte.
func stranger(socket string) int {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		fmt.Println("cannot connect")
		return 0
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, "GET /v1/sessions HTTP/1.0\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	fmt.Print(string(answer))
	return 0
}
