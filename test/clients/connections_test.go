//go:build clients

package clients

import (
	"strconv"
	"strings"
	"testing"
)

// States of /proc/net/tcp in which a program still holds a connection.
const (
	established = "01"
	closeWait   = "08"
)

// connections returns how many connections are held at local ports from first to before end.
func connections(t *testing.T, first, end int) int {
	t.Helper()
	n := 0
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for line := range strings.Lines(string(read(t, path))) {
			// slot, local address:port, remote address:port, state, …
			fields := strings.Fields(line)
			if len(fields) < 4 || fields[3] != established && fields[3] != closeWait {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			port, err := strconv.ParseUint(hex, 16, 16)
			if err == nil && first <= int(port) && int(port) < end {
				n++
			}
		}
	}
	return n
}
