package main

import (
	"bufio"
	"fmt"
	"strings"
)

// writeShell is for scripts: one line for each session, fields parted by |, sizes in KB.
func writeShell(out *bufio.Writer, rows []row) {
	for _, r := range rows {
		fmt.Fprintf(out, "%d|%s|%d|%s|%s|%s|%s|%s|%d|%d|%d|%d\n", r.id, field(r.account), r.since, r.state, field(r.file),
			field(r.host), field(r.local), r.localPort, r.current>>10, r.total>>10, r.percent, r.speed>>10)
	}
}

// field keeps a text one field of one line.
func field(text string) string {
	return fieldMarks.Replace(clean(text, '_'))
}

var fieldMarks = strings.NewReplacer(`\`, `\\`, "|", `\|`)
