package main

import (
	"bufio"
	"fmt"
)

const (
	rule = "+------+---------+-------+------+-------------------------------------------+\n"
	more = "|  ''  |    ''   |       |      | "
)

// A table says which of the two texts for people is printed.
type table struct {
	title   string
	verbose bool
}

func shortTable() table { return table{title: "                File/IP                   "} }
func longTable() table {
	return table{title: "    File/Remote IP/Size(Kb)/Local IP      ", verbose: true}
}

// writeTable is the text for people. Long names push the columns aside, as they always did; none is cut but hosts.
func writeTable(out *bufio.Writer, rows []row, t table) {
	_, _ = out.WriteString("\n" + rule + "| PID  |  Login  |For/Spd| What | " + t.title + "|\n" + rule)
	for _, r := range rows {
		fmt.Fprintf(out, "|%5d | %-8s| %s | %s | %-42s|\n", r.id, clean(r.account, '?'), clock(r.since), r.state, clean(r.file, '?'))
		fmt.Fprintf(out, "|  ''  |    ''   |%s|%s| ->%39.39s |\n", speedCell(r.speed), percentCell(r), clean(r.host, '?'))
		if t.verbose {
			writeMore(out, r)
		}
		_, _ = out.WriteString(rule)
	}
	_ = out.WriteByte('\n')
}

// writeMore is what -v adds.
func writeMore(out *bufio.Writer, r row) {
	switch {
	case r.moved && r.download:
		fmt.Fprintf(out, more+"Total size:%9d Transferred:%9d |\n", r.total>>10, r.current>>10)
	case r.moved:
		fmt.Fprintf(out, more+"Transferred: %-29d |\n", r.current>>10)
	}
	fmt.Fprintf(out, more+"<-%33.33s:%-5.5s |\n", clean(r.local, '?'), r.localPort)
}

func speedCell(n int64) string {
	if n == 0 {
		return "   ''  "
	}
	unit := 0
	for ; n >= 1024 && unit < 3; unit++ {
		n /= 1024
	}
	return fmt.Sprintf("%4d%c/s", n, "bKMG"[unit])
}

func percentCell(r row) string {
	if r.total == 0 {
		return "  ''  "
	}
	return fmt.Sprintf(" %3d%% ", r.percent)
}
