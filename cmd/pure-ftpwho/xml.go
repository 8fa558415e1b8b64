package main

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

const prolog = `<?xml version="1.0" encoding="ISO-8859-15"?>` + "\n"

// escape makes a text part of XML or HTML. What is not ASCII is written by number, so that the encoding of the whole does not
// matter.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&quot;")
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff:
			b.WriteByte('?')
		case r > 0x7f:
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// writeXML is one element for each session.
func writeXML(out *bufio.Writer, rows []row) {
	_, _ = out.WriteString(prolog + "<status>\n")
	for _, r := range rows {
		fmt.Fprintf(out, `  <client pid="%d" account="%s" time="%d" state="%s" file="%s" host="%s" localhost="%s" localport="%s"`,
			r.id, escape(r.account), r.since, r.state, escape(r.file), escape(r.host), escape(r.local), r.localPort)
		if r.moved {
			fmt.Fprintf(out, ` resume="%d" current_size="%d"`, r.resume, r.current)
			if r.download {
				fmt.Fprintf(out, ` total_size="%d" percentage="%d"`, r.total, r.percent)
			}
			fmt.Fprintf(out, ` bandwidth="%d"`, r.speed)
		}
		_, _ = out.WriteString(" />\n")
	}
	_, _ = out.WriteString("</status>\n")
}
