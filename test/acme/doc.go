// Package acme gets certificates from a test authority on loopback, Pebble, and has the server keep one.
package acme
