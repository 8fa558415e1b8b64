// Package server brings clients to conversations: it listens, decides who is let in, and ends everything in order.
//
// It knows nothing of the protocol beyond the 421 it gives to those it turns away; a conversation is package session's.
package server
