// Command pure-certd tells pure-ftpd which certificate a server name gets, by asking a program.
//
// All but the question is package scriptd's.
package main

import (
	"os"

	"pureftpd/internal/certd"
	"pureftpd/internal/scriptd"
)

func main() {
	kind := scriptd.Kind{
		Name:      "pure-certd",
		Variables: []scriptd.Variable{{Key: certd.NameKey, Name: certd.NameVariable}},
		Check:     certd.CheckRequest,
	}
	os.Exit(kind.Main(os.Args[1:], os.Stdout, os.Stderr))
}
