// Package getopt splits a command line the way the C library's getopt_long does, so that what people and scripts have
// typed for years means the same: bundled switches (-HBA), glued and separate values (-lunix, -l unix, --login=unix),
// unambiguous beginnings of long names, switches after words, and "--" before words that begin with a dash.
//
// Unlike it, it goes on after a mistake: a mistake is a token among the others, so that all of them can be shown at
// once, in the words getopt_long uses and with a hint at what to write instead.
//
// It knows no program and no option: the table is the caller's, and what a value means is the caller's to say. It
// prints nothing, ends nothing and imports no other room.
package getopt
