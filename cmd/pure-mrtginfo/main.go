// Command pure-mrtginfo tells MRTG how many clients are connected to the FTP server, in the four lines that MRTG reads:
// two values, the uptime of the machine, and its name.
//
// It counts the connections that the kernel lists for a local port, so it needs no rights and works with any server.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const defaultPort = 21

// established is the state of a connection that is open both ways, as /proc/net/tcp writes it.
const established = "01"

func main() { os.Exit(run(os.Args[1:], "/proc", os.Stdout, os.Stderr)) }

// run reads what the kernel tells in the directory proc. MRTG takes what there is, so what cannot be read is no failure of the
// whole: it is said on stderr, and the line holds a "?" or what could be counted.
func run(args []string, proc string, stdout, stderr io.Writer) int {
	tell := func(err error) { fmt.Fprintln(stderr, "pure-mrtginfo:", err) }
	port := uint64(defaultPort)
	if len(args) > 0 {
		var err error
		if port, err = strconv.ParseUint(args[0], 10, 16); err != nil || port == 0 {
			tell(fmt.Errorf("%q is no port: give a number, or nothing for port %d", args[0], defaultPort))
			return 1
		}
	}
	count := 0
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		n, err := connections(filepath.Join(proc, table), port)
		count += n
		if err != nil && (table == "net/tcp" || !os.IsNotExist(err)) { // a kernel without IPv6 has no tcp6
			tell(err)
		}
	}
	up, err := uptime(filepath.Join(proc, "uptime"))
	if err != nil {
		tell(err)
	}
	name, err := os.Hostname()
	if err != nil {
		tell(err)
		name = "?"
	}
	if _, err := fmt.Fprintf(stdout, "%d\n%d\n%s\n%s\n", count, count, up, name); err != nil {
		tell(err)
		return 1
	}
	return 0
}

// connections counts the established connections to a local port in a table of the kernel.
func connections(path string, port uint64) (count int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text()) // number, local address, remote address, state
		if len(fields) < 4 || fields[3] != established {
			continue
		}
		_, hex, ok := strings.Cut(fields[1], ":")
		if local, err := strconv.ParseUint(hex, 16, 16); ok && err == nil && local == port {
			count++
		}
	}
	return count, lines.Err()
}

// uptime is how long the machine has been running, or "?".
func uptime(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "?", err
	}
	first, _, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
	if err != nil {
		return "?", fmt.Errorf("%s: %w", path, err)
	}
	up := time.Duration(seconds) * time.Second
	day := up % (24 * time.Hour)
	return fmt.Sprintf("%d days, %d:%02d:%02d", up/(24*time.Hour), day/time.Hour, day%time.Hour/time.Minute, day%time.Minute/time.Second), nil
}
