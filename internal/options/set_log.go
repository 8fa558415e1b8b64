package options

import (
	"slices"
	"strconv"
	"strings"

	"pureftpd/internal/getopt"
)

// setFacility reads the name of a syslog facility. "none" stays, whatever is named later; an
// unknown name is ignored.
func setFacility(b *build, value string) error {
	name := strings.ToLower(value)
	known := facilities()
	if !slices.Contains(known, name) {
		hint := ""
		if best := getopt.Nearest(name, known); best != "" {
			hint = "; did you mean " + best + "?"
		}
		b.warn("unknown syslog facility %q, %s is kept%s", value, b.opts.SyslogFacility, hint)
		return errIgnored
	}
	if b.opts.SyslogFacility == "none" {
		return errIgnored
	}
	if name == "security" {
		name = "auth"
	}
	b.opts.SyslogFacility = name
	return nil
}

// facilities are the names that -f knows. security is an old name of auth.
func facilities() []string {
	names := []string{
		"none", "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "security", "syslog",
		"user", "uucp",
	}
	for n := range 8 {
		names = append(names, "local"+strconv.Itoa(n))
	}
	return names
}

// logFormats are the formats that --logto knows.
func logFormats() []string { return []string{"text", "json"} }

// setLog reads "[format:]where". A place given again gets the format given last.
func setLog(b *build, value string) error {
	format, where, colon := strings.Cut(value, ":")
	if !colon || strings.HasPrefix(value, "/") {
		format, where = "text", value
	}
	format = strings.ToLower(format)
	switch known := logFormats(); {
	case !slices.Contains(known, format):
		return hinted("write one of "+strings.Join(known, ", "), "unknown format %q", format)
	case where == "syslog" && format == "json":
		return wrong("lines of the system log have a format of their own; JSON goes to stderr or to a file")
	case where != "syslog" && where != "stderr" && !strings.HasPrefix(where, "/"):
		return wrong("%q is neither syslog nor stderr nor an absolute path", where)
	}
	log := LogTarget{Format: format, Where: where}
	if i := slices.IndexFunc(b.opts.Logs, func(l LogTarget) bool { return l.Where == where }); i >= 0 {
		b.opts.Logs[i] = log
		return nil
	}
	b.opts.Logs = append(b.opts.Logs, log)
	return nil
}

func showLog(o *Options) string {
	var all []string
	for _, l := range o.Logs {
		if l.Where == "syslog" {
			all = append(all, l.Where)
		} else {
			all = append(all, l.Format+":"+l.Where)
		}
	}
	if all == nil {
		return "syslog, else stderr"
	}
	return strings.Join(all, ", ")
}

// setVerbose counts: once for commands, twice for replies as well.
func setVerbose(b *build, _ string) error {
	b.opts.Verbosity = min(b.opts.Verbosity+1, 2)
	return nil
}

func showVerbose(o *Options) string {
	return [...]string{"no", "commands", "commands and replies"}[o.Verbosity]
}

// altLogFormats are the formats that -O knows.
func altLogFormats() []string { return []string{"clf", "stats", "w3c", "xferlog", "json"} }

// setAltLog reads "[format:]/path". A path given again gets the format given last.
func setAltLog(b *build, value string) error {
	format, file, colon := strings.Cut(value, ":")
	if !colon {
		format, file = "clf", value
	}
	format = strings.ToLower(format)
	if known := altLogFormats(); !slices.Contains(known, format) {
		return hinted("write one of "+strings.Join(known, ", "), "unknown format %q", format)
	}
	if !strings.HasPrefix(file, "/") {
		return wrong("%q is not an absolute path", file)
	}
	log := AltLog{Format: format, Path: file}
	if i := slices.IndexFunc(b.opts.AltLogs, func(l AltLog) bool { return l.Path == file }); i >= 0 {
		b.opts.AltLogs[i] = log
		return nil
	}
	b.opts.AltLogs = append(b.opts.AltLogs, log)
	return nil
}

func showAltLog(o *Options) string {
	var all []string
	for _, l := range o.AltLogs {
		all = append(all, l.Format+":"+l.Path)
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, ", ")
}
