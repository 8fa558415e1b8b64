// Package oracle lets our programs and Debian's original work on each other's files. What the original says and does by itself is
// compared elsewhere: in test/dialogue, cmd/pure-pw, cmd/pure-pwconvert and cmd/pure-quotacheck, by their flag -oracle.
package oracle
