//go:build privileged

package dialogue

// privileged tells that every dialogue is to be replayed, against a server that is root in a
// system of its own.
const privileged = true
