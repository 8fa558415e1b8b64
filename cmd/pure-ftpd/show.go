package main

import (
	"fmt"

	"pureftpd/internal/options"
)

// show answers --show: the same options as a configuration file, usual or in TOML, or as switches.
func show(o *options.Options, program string) int {
	write := o.ConfigFile
	switch o.Show {
	case "switches":
		fmt.Print(o.CommandLine())
		return 0
	case "toml":
		write = o.TOMLFile
	}
	text, err := write()
	fmt.Print(text)
	if err != nil {
		complain(program, err)
		return exitFailure
	}
	return 0
}
