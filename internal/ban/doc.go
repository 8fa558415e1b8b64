// Package ban holds back client addresses from which logins fail, and keeps them out for a time if too many do. It also keeps
// out whom the administrator names.
//
// What counts as one address is an IPv4 address, or an IPv6 network of 64 bits, which is what one customer has. An IPv4 address
// in IPv6 notation is the IPv4 address.
//
// A login begins with Table.Begin, which may make it wait, and ends with what came of it. Logins that are under way count as if
// they had failed, so an address gets no more guesses than allowed however many connections it opens. From the sixth recent
// failure on its logins take turns, with a pause after each failure. Nobody else waits.
//
// A login that succeeds takes back the failures of the same name, and no others: who has an account cannot buy guesses at
// another one with it.
//
// Memory is bounded. If there are too many addresses to watch, those with the fewest failures are forgotten first. Bans are not
// pushed out by new ones: once the list is full an address is not put on it, and its logins are refused unseen until its failures
// are old. Nothing is written to disk: a restart lifts all bans, unless somebody takes them with All and gives them to Restore.
//
// The package knows neither connections nor accounts, and imports only the standard library. It trusts the addresses it is
// given: behind a proxy all clients are one.
package ban
