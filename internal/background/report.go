package background

import (
	"fmt"
	"io"
	"log/syslog"
)

// Reporter returns what a daemon tells its faults to: standard error, or the system log if this process was made by Start. It is
// called before Ready. A machine without a system log runs the daemon all the same, with nobody to read what goes wrong.
func Reporter(name string, stderr io.Writer) func(string) {
	if !Active() {
		return func(text string) { fmt.Fprintf(stderr, "%s: %s\n", name, text) }
	}
	log, err := syslog.New(syslog.LOG_FTP|syslog.LOG_WARNING, name)
	if err != nil {
		return func(string) {}
	}
	return func(text string) { _ = log.Warning(text) } // there is nobody else to tell
}
