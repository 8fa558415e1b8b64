// Package ftp holds the vocabulary of the protocol: command lines, replies, addresses, pathname rules and facts.
//
// It does no input or output and keeps no state. What a word means to a running session is the business of
// package session; here it is only read and written.
package ftp
