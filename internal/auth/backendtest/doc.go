// Package backendtest is the suite that every authentication backend passes: what the chain and the
// session rely on, whatever the source of the accounts.
package backendtest
