package main

import (
	"bufio"
	"strconv"
)

const plistHead = prolog +
	`<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>user-info</key>
	<array>
`

const plistTail = `	</array>
</dict>
</plist>
`

// writePlist is Apple's form. Uploads have no total size; sessions that move nothing have empty numbers.
func writePlist(out *bufio.Writer, rows []row) {
	_, _ = out.WriteString(plistHead)
	for _, r := range rows {
		_, _ = out.WriteString("\t\t<dict>\n")
		pair := func(key, value string) {
			_, _ = out.WriteString("\t\t\t<key>" + key + "</key>\n\t\t\t<string>" + escape(value) + "</string>\n")
		}
		number := func(key string, n int64) {
			if r.moved {
				pair(key, strconv.FormatInt(n, 10))
			} else {
				pair(key, "")
			}
		}
		pair("pid", strconv.FormatUint(r.id, 10))
		pair("account", r.account)
		pair("time", strconv.FormatInt(r.since, 10))
		pair("state", r.state)
		pair("file", r.file)
		pair("host", r.host)
		pair("localhost", r.local)
		pair("localport", r.localPort)
		number("resume", r.resume)
		number("current_size", r.current)
		if r.download || !r.moved {
			number("total_size", r.total)
			number("percentage", int64(r.percent))
		}
		number("bandwidth", r.speed)
		_, _ = out.WriteString("\t\t</dict>\n")
	}
	_, _ = out.WriteString(plistTail)
}
