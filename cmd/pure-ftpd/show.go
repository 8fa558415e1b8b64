package main

import (
	"fmt"

	"pureftpd/internal/options"
)

// show answers --show: the same options as a configuration file, or as switches.
func show(o *options.Options, program string) int {
	if o.Show == "switches" {
		fmt.Print(o.CommandLine())
		return 0
	}
	text, err := o.ConfigFile()
	fmt.Print(text)
	if err != nil {
		complain(program, err)
		return exitFailure
	}
	return 0
}
