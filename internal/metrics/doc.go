// Package metrics writes numbers in the text form that Prometheus reads, and counts what a plain atomic cannot: durations.
//
// It knows nothing of FTP. The rooms keep their numbers themselves, in atomics, and nothing is gathered until somebody asks; whoever knows all rooms
// puts a Page together. Prometheus' own library does the same and checks this one in the tests, but would be a third of the program: see
// docs/architecture.md.
//
// What a client sends must never become the value of a label: each new value is memory, here and in Prometheus, for ever.
package metrics
