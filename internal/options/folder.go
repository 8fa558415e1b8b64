package options

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// folderPIDFile is the process id file of a server started from Debian's folder, which has no file
// to name another.
const folderPIDFile = "/var/run/pure-ftpd/pure-ftpd.pid"

// folder reads Debian's configuration: a folder conf with one file per directive, and beside it a
// folder auth with links, in the order of their names, to those of them that make the
// authentication chain. dir is conf itself or the folder that holds both.
func (b *build) folder(dir string, entries []fs.DirEntry) {
	conf := filepath.Clean(dir)
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "conf" }) {
		conf = filepath.Join(conf, "conf")
		var err error
		if entries, err = b.env.ReadDir(conf); err != nil {
			b.mistakes.add(&Error{File: conf, Text: "cannot be read: " + reason(err), cause: err})
			return
		}
	}
	b.apply(order{row: b.row("pidfile"), value: folderPIDFile, origin: Origin{File: conf}})
	b.authFolder(filepath.Join(filepath.Dir(conf), "auth"))
	for _, name := range folderOrder(entries) {
		if known := b.keyword(name); known == nil || known.row.long != "login" {
			b.folderFile(conf, name)
		}
	}
}

// folderOrder lists the names of files that can be directives, the log's facility first. Others,
// such as what editors and package managers leave behind, are not configuration.
func folderOrder(entries []fs.DirEntry) []string {
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if len(name) < 2 || digit(name[0]) < 10 || entry.IsDir() ||
			strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f || !isAlnum(byte(r)) }) {
			continue
		}
		if strings.EqualFold(name, "SyslogFacility") {
			names = slices.Insert(names, 0, name)
			continue
		}
		names = append(names, name)
	}
	return names
}

// folderFile carries out the first line of a file that asks for something.
func (b *build) folderFile(dir, name string) {
	file := filepath.Join(dir, name)
	if strings.EqualFold(name, "FSCharset") || strings.EqualFold(name, "ClientCharset") {
		b.opts.Warnings = append(b.opts.Warnings, file+": ignored, file names are always UTF-8")
		return
	}
	data, err := b.env.ReadFile(file)
	if err != nil {
		b.mistakes.add(&Error{File: file, Text: "cannot be read: " + reason(err), cause: err})
		return
	}
	number := 0
	for text := range strings.SplitSeq(string(data), "\n") {
		number++
		text = strings.Trim(text, blanks)
		if text == "" || text[0] == '#' {
			continue
		}
		l := line{file: file, number: number, text: text, name: name}
		if len(text) > maxLine {
			b.mistakes.add(l.mistake(wrong("longer than %d bytes", maxLine)))
			return
		}
		mistakes := len(b.mistakes.list)
		if b.directive(l, text) || len(b.mistakes.list) > mistakes {
			return
		}
	}
}

// authFolder reads the files that the links in dir point to. A link that points nowhere is
// skipped, as it always was.
func (b *build) authFolder(dir string) {
	entries, err := b.env.ReadDir(dir)
	if err != nil {
		b.opts.Warnings = append(b.opts.Warnings,
			dir+" cannot be read ("+reason(err)+"): accounts come from the system's own list only")
		return
	}
	for _, entry := range entries {
		link := filepath.Join(dir, entry.Name())
		target, err := b.env.Readlink(link)
		if err != nil {
			b.mistakes.add(&Error{
				File: link, Text: "is not a symbolic link", cause: err,
				Hint: fmt.Sprintf("make it one: ln -s ../conf/PureDB %s", link),
			})
			continue
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		if _, err := b.env.ReadFile(target); err != nil {
			b.opts.Warnings = append(b.opts.Warnings, link+": skipped, it points to nothing that can be read")
			continue
		}
		name := filepath.Base(target)
		if known := b.keyword(name); known == nil || known.row.long != "login" {
			b.mistakes.add(&Error{
				File: link, Text: fmt.Sprintf("%s is not a way to look accounts up", name),
				Hint: "point it to a file such as ../conf/PureDB or ../conf/UnixAuthentication",
			})
			continue
		}
		b.folderFile(filepath.Dir(target), name)
	}
}
