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

// setVerbose counts: once for commands, twice for replies as well.
func setVerbose(b *build, _ string) error {
	b.opts.Verbosity = min(b.opts.Verbosity+1, 2)
	return nil
}

func showVerbose(o *Options) string {
	return [...]string{"no", "commands", "commands and replies"}[o.Verbosity]
}

// setAltLog reads "[format:]/path". The first path and the last format given count.
func setAltLog(b *build, value string) error {
	format, file, colon := strings.Cut(value, ":")
	if !colon {
		format, file = "clf", value
	}
	format = strings.ToLower(format)
	if known := []string{"clf", "stats", "w3c", "xferlog"}; !slices.Contains(known, format) {
		return hinted("write one of "+strings.Join(known, ", "), "unknown format %q", format)
	}
	if !strings.HasPrefix(file, "/") {
		return wrong("%q is not an absolute path", file)
	}
	if colon {
		b.opts.AltLog.Format = format
	}
	if b.opts.AltLog.Path == "" {
		b.opts.AltLog.Path = file
	}
	return nil
}

func showAltLog(o *Options) string {
	if o.AltLog.Path == "" {
		return "none"
	}
	return o.AltLog.Format + ":" + o.AltLog.Path
}
