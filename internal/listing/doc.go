// Package listing turns directories into the bytes of LIST, NLST, MLSD, MLST and STAT: entries in,
// lines out.
//
// It reads through a [Tree] and writes to an io.Writer. It knows nothing of connections, replies or
// permissions: whoever calls it makes the final reply from the [Result], and a Tree shows only what
// its user may see. Pathnames it hands to the Tree are absolute; nothing is resolved here but the
// text of patterns.
//
// LIST is a small ls: options, patterns, sorting, recursion. MLSD names one directory, NLST one
// directory, file or pattern; of a directory they keep the order it has, so they need no memory.
// Everything else is held to bounds, each a constant with its reason: entries held for sorting,
// entries read and steps taken for one pattern, problems remembered. A listing that reaches a bound
// says so in its Result; it is never cut in silence.
//
// What differs from Pure-FTPd on purpose stands in docs/differences.md, row by row.
package listing
