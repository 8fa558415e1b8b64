// Package pamlink is what the server and pure-pamd, its helper for PAM, say to each other: questions one way, answers the other,
// each a line of JSON on a socket that the two of them share from the start of the helper.
//
// It holds words only. Who asks is package auth/pamauth; who answers is cmd/pure-pamd.
package pamlink
