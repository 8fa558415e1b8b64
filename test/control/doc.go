// Package control steers a server, built as it is shipped, with pure-ftpctl and pure-ftpwho, built alike, over its control socket,
// and looks at what clients see of it.
package control
