// Package options turns switches, a configuration file (the usual one, or TOML) or Debian's folder
// with one file per directive into one immutable Options value. It is the only place that knows
// what a setting is called.
//
// Every setting is one row of the table in table.go: its switch, long name, directives, value,
// sentence of help and the function that reads it. The list printed by -h, the report of --check
// and the reference for the manual are read off that table, so they cannot disagree with what is
// accepted.
//
// All sources speak one language inside: a directive becomes the switch it stands for, with the
// value written as the switch wants it, and both go through the same function. Mistakes are
// collected, not thrown: an administrator should need one look at the terminal, not one per
// mistake.
//
// The package opens no socket, resolves no host name and looks at no file but the configuration:
// that a path exists or an address can be bound is for the parts that use it. It imports no other
// room.
package options
