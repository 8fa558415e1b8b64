// Package handover lets a new server process take the place of a running one without a refused connection: the two ends of the
// link between them, a socket pair over which the older sends its listening sockets and passive ports and both talk until the
// older has ended its last session.
//
//	older                              younger
//	  │ offer, sockets ──────────────►  │ matches them with its own options, builds all its parts
//	  │ ◄─────────────────────── ready  │ has given up its privileges
//	  │ pauses; ports, pairs, sessions  │
//	  │ yours ───────────────────────►  │ takes passive ports and counts over
//	  │ ◄─────────────────────── begun  │
//	  │ closes its sockets; done ────►  │ accepts
//	  │ ◄───── reserve, release, connections of pairs, left … ─────►
//
// Up to "done" the older goes on as if nothing had happened if the younger says no, dies or takes too long. From there on the newest
// process alone accepts, on the passive ports, too, if both have the same range; it passes on what comes for a pair of an older
// one. With three processes the middle one passes on in both directions. When the younger dies the older opens
// passive ports itself again. When the older dies before "done" the younger has the sockets and begins.
//
// Messages are JSON, one in a packet, with at most one descriptor each; queues have bounds. The package knows how the two talk; what a
// listener or a pair is, package server and package transfer know.
package handover
