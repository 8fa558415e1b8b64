package main

import (
	"bufio"
	"fmt"
)

const (
	cgiHead = "Content-Type: text/html\n\n"

	styles = `body { font-family: sans-serif; color: #222; background: #fff; margin: 2em; }
h1 { font-size: 1.3em; }
table { border-collapse: collapse; }
th, td { padding: .3em .8em; border-bottom: 1px solid #ccc; text-align: left; }
thead th { background: #eee; }
tbody tr:hover { background: #f6f6f6; }
`

	pageHead = `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN"
          "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en">
<head>
 <meta http-equiv="Content-Type"
       content="text/html; charset=ISO-8859-15" />
 <title>Pure-FTPd server status</title>
 <style type="text/css">
` + styles + ` </style>
</head>
<body>
<h1>Pure-FTPd server status</h1>
`

	pageTail = "</body>\n</html>\n"

	fragmentHead = `<div id="ftp-status">
 <table summary="Pure-FTPd server status">
  <thead>
   <tr>
    <th scope="col">PID</th>
    <th scope="col">Account</th>
    <th scope="col">Time</th>
    <th scope="col">State</th>
    <th scope="col" abbr="File">File name</th>
    <th scope="col" abbr="Peer">Remote host</th>
    <th scope="col" abbr="Kb">Kbytes</th>
    <th scope="col" abbr="Local">Local host</th>
   </tr>
  </thead>
  <tbody>
`

	fragmentTail = `  </tbody>
 </table>
</div>
`
)

// writePage is a whole page.
func writePage(out *bufio.Writer, rows []row) {
	_, _ = out.WriteString(pageHead)
	writeFragment(out, rows)
	_, _ = out.WriteString(pageTail)
}

// writeCGIPage is what a web server gets that calls the program itself.
func writeCGIPage(out *bufio.Writer, rows []row) {
	_, _ = out.WriteString(cgiHead)
	writePage(out, rows)
}

// writeCGIFragment is what -c always was, though the original's manual promises a page.
func writeCGIFragment(out *bufio.Writer, rows []row) {
	_, _ = out.WriteString(cgiHead)
	writeFragment(out, rows)
}

// writeFragment is the table of a page.
func writeFragment(out *bufio.Writer, rows []row) {
	_, _ = out.WriteString(fragmentHead)
	for _, r := range rows {
		fmt.Fprintf(out, "   <tr>\n    <th scope=\"row\">%d</th>\n", r.id)
		for _, text := range []string{r.account, clock(r.since), r.state, r.file, r.host, sizeCell(r), r.local + ":" + r.localPort} {
			if text = escape(text); text == "" {
				text = "&nbsp;"
			}
			_, _ = out.WriteString("    <td>" + text + "</td>\n")
		}
		_, _ = out.WriteString("   </tr>\n")
	}
	_, _ = out.WriteString(fragmentTail)
}

func sizeCell(r row) string {
	switch {
	case !r.moved:
		return ""
	case r.download:
		return fmt.Sprintf("%d/%d (%d%% - %d KB/s)", r.current>>10, r.total>>10, r.percent, r.speed>>10)
	}
	return fmt.Sprintf("%d (%d KB/s)", r.current>>10, r.speed>>10)
}
