package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
)

// printHelp explains one command, or lists them all.
func printHelp(_ context.Context, inv *invocation) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	flags := commonFlags()
	if c := inv.command; c.name != "" {
		fmt.Fprintf(table, "Usage: pure-ftpctl %s\n\n%s%s.\n\n",
			strings.TrimSpace(c.name+" "+c.words), strings.ToUpper(c.help[:1]), c.help[1:])
		flags = append(c.flags, flags...)
	} else {
		fmt.Fprint(table, "Usage: pure-ftpctl COMMAND [OPTION...] [WORD...]\n\nSteers the FTP servers of this machine while they run.\n\n")
		for _, c := range commands() {
			if !c.hidden {
				fmt.Fprintf(table, "%s\t%s\n", strings.TrimSpace(c.name+" "+c.words), c.help)
			}
		}
		fmt.Fprint(table, "\nRATE is 500K, 2M, 100K:2M (upload:download) or none. pure-ftpctl COMMAND --help explains a command.\n\n")
	}
	for _, f := range flags {
		short := "   "
		if f.Short != 0 {
			short = "-" + string(f.Short) + " "
		}
		fmt.Fprintf(table, "%s\t%s\n", strings.TrimRight(short+"--"+f.Long+" "+f.value, " "), f.help)
	}
	_ = table.Flush() // a strings.Builder takes everything
	_, err := inv.out.Write([]byte(b.String()))
	return err
}
