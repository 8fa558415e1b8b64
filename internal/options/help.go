package options

import (
	"fmt"
	"strings"

	"pureftpd/internal/getopt"
)

// An About is what help and version say about the program itself.
type About struct {
	Program string // "pure-ftpd"
	Version string // "1.2.3"
	Root    bool   // started by root, who is told the version with the help
}

// Line is the answer to --version.
func (a About) Line() string { return fmt.Sprintf("%s v%s [privsep]\n", a.Program, a.Version) }

// Help is the answer to -h: for root the version and an empty line, then one line per switch, its
// short form, long form and "<opt>" if it takes a value, with tabs between them. Features that
// have not landed are not listed.
func (a About) Help() string {
	var b strings.Builder
	if a.Root {
		b.WriteString(a.Line() + "\n")
	}
	for _, row := range settings() {
		if row.missing != "" {
			continue
		}
		if row.short != 0 {
			b.WriteString("-" + string(row.short))
		}
		b.WriteString("\t--" + row.long + "\t")
		switch row.arg {
		case getopt.Required:
			b.WriteString("<opt>")
		case getopt.Optional:
			b.WriteString("[<opt>]")
		}
		b.WriteString("\n")
	}
	return b.String()
}
