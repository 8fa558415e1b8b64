package options

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
)

// setUmask reads "files[:directories]" in octal. One number is for both; an empty side keeps what
// it had.
func setUmask(b *build, value string) error {
	fileText, dirText, colon := strings.Cut(value, ":")
	if !colon {
		dirText = fileText
	}
	if fileText == "" && dirText == "" {
		return wrong("the value is empty")
	}
	if fileText != "" {
		if err := octal(fileText, &b.opts.FileUmask); err != nil {
			return err
		}
	}
	if dirText == "" {
		return nil
	}
	return octal(dirText, &b.opts.DirUmask)
}

// octal reads permission bits into mask.
func octal(text string, mask *uint32) error {
	i, ok := scanInteger(text, 8)
	if !ok || i.rest != "" || i.negative || i.n > 0o777 {
		return wrong("%q is not an octal number up to 777", text)
	}
	*mask = uint32(i.n)
	return nil
}

func showUmask(o *Options) string { return fmt.Sprintf("%03o:%03o", o.FileUmask, o.DirUmask) }

// setRecursion reads how many files and how many levels a recursive listing may have.
func setRecursion(b *build, value string) error {
	p, junk, err := scanPair(value)
	if err != nil {
		return err
	}
	if p.first.n == 0 || p.second.n == 0 {
		return wrong("both numbers have to be at least 1, or -1 for no limit")
	}
	b.ignored(junk)
	b.opts.MaxListFiles, b.opts.MaxListDepth = p.first.limit(), p.second.limit()
	return nil
}

func showRecursion(o *Options) string {
	return limitText(o.MaxListFiles) + " files, " + limitText(o.MaxListDepth) + " levels"
}

// setMaxDiskUsage reads a percentage. 0 and below, and 100 and above, mean no check, as they
// always did.
func setMaxDiskUsage(b *build, value string) error {
	percent, junk, ok := scanDecimal(value)
	junk = strings.Trim(junk, blanks)
	if !ok || percent == 0 && junk != "" && junk != "%" {
		return wrong("%q is not a percentage", value)
	}
	if percent <= 0 || percent >= 100 {
		b.warn("%s%% switches the check off; it works between 0 and 100", formatFloat(percent))
		percent = 0
	}
	if junk != "%" {
		b.ignored(junk)
	}
	b.opts.MaxDiskUsage = percent
	return nil
}

func showMaxDiskUsage(o *Options) string {
	if o.MaxDiskUsage == 0 {
		return "no check"
	}
	return formatFloat(o.MaxDiskUsage) + "%"
}

// setMaxLoad reads a load average.
func setMaxLoad(b *build, value string) error {
	load, junk, ok := scanDecimal(value)
	if !ok || junk != "" || load <= 0 || math.IsInf(load, 0) {
		return wrong("%q is not a load above 0", value)
	}
	b.opts.MaxLoad = load
	return nil
}

func showMaxLoad(o *Options) string {
	if o.MaxLoad == 0 {
		return "no limit"
	}
	return formatFloat(o.MaxLoad)
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// setQuota reads "files:megabytes".
func setQuota(b *build, value string) error {
	p, junk, err := scanPair(value)
	if err != nil {
		return err
	}
	const mega = 1 << 20
	if p.first.negative || p.second.negative || p.second.n > math.MaxInt64/mega {
		return wrong("%q is not a quota", value)
	}
	b.ignored(junk)
	b.opts.Quota = &Quota{Files: p.first.n, Bytes: p.second.n * mega}
	return nil
}

func showQuota(o *Options) string {
	if o.Quota == nil {
		return "none"
	}
	return fmt.Sprintf("%d files, %d bytes", o.Quota.Files, o.Quota.Bytes)
}

// setNoDotRead forbids reading names that begin with a dot, and changing them as well.
func setNoDotRead(b *build, _ string) error {
	b.opts.NoDotRead, b.opts.NoDotWrite = true, true
	return nil
}

// A DotFileException is a pattern of names that begin with a dot, in the syntax of path.Match.
type DotFileException struct {
	User    string // the login it is for; empty means everybody
	Pattern string
}

// setDotFileException adds a pattern. It begins with a dot itself, so what stands before the first ":." is a user.
func setDotFileException(b *build, value string) error {
	e := DotFileException{Pattern: value}
	if !strings.HasPrefix(value, ".") {
		user, pattern, ok := strings.Cut(value, ":.")
		switch {
		case !ok:
			return wrong("%q is no pattern that begins with a dot", value)
		case user == "":
			return wrong("%q names no user", value)
		}
		e = DotFileException{User: user, Pattern: "." + pattern}
	}
	_, err := path.Match(e.Pattern, "")
	switch {
	case err != nil:
		return wrong("%q is no pattern: a bracket or a backslash lacks what belongs to it", e.Pattern)
	case strings.Contains(e.Pattern, "/"):
		return wrong("%q holds a slash: a pattern is for one name, and one is needed for each on the way", e.Pattern)
	case e.Pattern == "." || e.Pattern == "..":
		return wrong("%q is no name of a file", e.Pattern)
	}
	b.opts.DotFileExceptions = append(b.opts.DotFileExceptions, e)
	return nil
}

func showDotFileExceptions(o *Options) string {
	if len(o.DotFileExceptions) == 0 {
		return "none"
	}
	var list []string
	for _, e := range o.DotFileExceptions {
		if e.User != "" {
			e.Pattern = e.User + ":" + e.Pattern
		}
		list = append(list, e.Pattern)
	}
	return strings.Join(list, ", ")
}
