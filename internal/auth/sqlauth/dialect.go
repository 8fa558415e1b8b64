package sqlauth

// A Dialect is what a template has to know of a database's SQL.
type Dialect struct {
	Backslash    bool   // "\" escapes in a string literal
	DoubleQuotes bool   // "..." is a string literal, not a name
	NameQuotes   string // other opening quotes of names: "`", "["
	Hash         bool   // "#" begins a comment
	DashBlank    bool   // "--" begins a comment only before a blank
	Nested       bool   // comments nest
	Dollar       bool   // $tag$...$tag$ is a string literal
	EscapeString bool   // E'...' is a literal with backslashes
	Marks        string // what begins a parameter of the database's own, which a query may not have
	Numbered     bool   // parameters are $1, $2, ...; else ?
	Concat       bool   // CONCAT(a, b); else a || b
	Last         bool   // of several statements the last one answers; else the first one that has an answer
}
