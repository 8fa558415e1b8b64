package sqlauth

import (
	"fmt"
	"strconv"
	"strings"
)

// The tokens of templates: what a backslash and a letter, in either case, stand for.
const (
	Login       = 'L'
	ServerIP    = 'I'
	ServerPort  = 'P'
	ClientIP    = 'R'
	ClientIPv4  = 'D' // as one decimal number
	NewHash     = 'H' // in SetPW only
	StoredValue = 'O' // in SetPW only: the password or hash as it was read
)

const (
	queryTokens = "LIPRD"
	storeTokens = queryTokens + "HO"
)

// A Statement is one SQL statement and the tokens whose values its parameters take, in order.
type Statement struct {
	SQL    string
	Tokens []byte
}

// Compile turns a template into statements. tokens are the letters that count; "\" before any other character stands for
// itself. A token may stand alone, in a string literal of its own ('\L') or with other text in one ('%\L@x'). Where it cannot
// be a parameter, in a name, a comment or a word, Compile fails.
func Compile(template, tokens string, d Dialect) ([]Statement, error) {
	c := compiler{text: clean(template), tokens: tokens, dialect: d}
	for c.at < len(c.text) {
		if err := c.step(); err != nil {
			return nil, err
		}
	}
	c.end()
	if len(c.done) == 0 {
		return nil, fmt.Errorf("there is no statement")
	}
	return c.done, nil
}

// clean drops control characters, as the original does; a tab separates words.
func clean(template string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, template)
}

// A compiler reads a template from left to right.
type compiler struct {
	text    string
	at      int
	tokens  string
	dialect Dialect

	done []Statement
	out  strings.Builder // the statement that is being written
	args []byte          // its parameters

	literal bool // the last thing written is a string literal, or stands for one
	filled  bool // and it has a token in it
}

// step handles what begins at c.at.
func (c *compiler) step() error {
	rest := c.text[c.at:]
	switch ch := rest[0]; {
	case ch == ' ':
		c.copy(1)
		return nil
	case ch == '\\':
		return c.bare()
	case ch == '\'', ch == '"' && c.dialect.DoubleQuotes:
		return c.stringLiteral(ch)
	case ch == '"', strings.IndexByte(c.dialect.NameQuotes, ch) >= 0:
		return c.name(ch)
	case c.lineComment(rest):
		return c.opaque(len(rest), "a comment")
	case strings.HasPrefix(rest, "/*"):
		n, err := commentLength(rest, c.dialect.Nested)
		if err != nil {
			return err
		}
		return c.opaque(n, "a comment")
	case ch == '$' && c.dialect.Dollar && !endsInWord(c.out.String()):
		return c.dollar(rest)
	case strings.IndexByte(c.dialect.Marks, ch) >= 0:
		return fmt.Errorf("%q outside of quotes is a parameter, which has no value", ch)
	case ch == ';':
		c.at++
		c.end()
		return nil
	}
	c.literal = false
	c.copy(1)
	return nil
}

// copy takes n bytes over as they are.
func (c *compiler) copy(n int) {
	c.out.WriteString(c.text[c.at : c.at+n])
	c.at += n
}

// end finishes a statement. An empty one is none.
func (c *compiler) end() {
	if text := strings.TrimSpace(c.out.String()); text != "" {
		c.done = append(c.done, Statement{text, c.args})
	}
	c.out.Reset()
	c.args, c.literal, c.filled = nil, false, false
}

// token returns the token at the start of text, or 0.
func (c *compiler) token(text string) byte {
	if len(text) < 2 || text[0] != '\\' {
		return 0
	}
	upper := text[1] &^ 0x20
	if upper < 'A' || upper > 'Z' || strings.IndexByte(c.tokens, upper) < 0 {
		return 0
	}
	return upper
}

// parameter writes the mark of one more parameter.
func (c *compiler) parameter(token byte) {
	c.args = append(c.args, token)
	if !c.dialect.Numbered {
		c.out.WriteByte('?')
		return
	}
	if endsInWord(c.out.String()) {
		c.out.WriteByte(' ') // SELECT'\L' is no word SELECT$1
	}
	c.out.WriteString("$" + strconv.Itoa(len(c.args))) // one for each place: each may have a type of its own
}

// apart keeps a parameter from what follows it in the template: '\L'0 is no $10.
func (c *compiler) apart() {
	if c.dialect.Numbered && c.at < len(c.text) && isWord(c.text[c.at]) && endsInWord(c.out.String()) {
		c.out.WriteByte(' ')
	}
}

// bare handles a backslash outside of all quotes.
func (c *compiler) bare() error {
	token := c.token(c.text[c.at:])
	if token == 0 {
		c.literal = false
		n := 1
		if strings.HasPrefix(c.text[c.at+1:], "\\") {
			n = 2 // "\\L" is no token
		}
		c.copy(n)
		return nil
	}
	after := c.text[c.at+2:]
	if endsInWord(c.out.String()) || after != "" && (isWord(after[0]) || c.token(after) != 0) {
		return fmt.Errorf("\\%c is part of a word: it has to stand alone or in quotes", token)
	}
	if c.literal {
		return fmt.Errorf("\\%c follows a string", token)
	}
	c.parameter(token)
	c.at += 2
	c.literal, c.filled = true, true
	return nil
}

// A piece is a part of a string literal: text as it is written in the template, or a token.
type piece struct {
	text  string
	token byte
}

// stringLiteral handles a literal. One without tokens stays as it is, one that is nothing but a token becomes a parameter,
// any other one an expression that puts the pieces together.
func (c *compiler) stringLiteral(quote byte) error {
	prefix := literalPrefix(c.out.String(), c.dialect)
	escapes := c.dialect.Backslash || c.dialect.EscapeString && strings.EqualFold(prefix, "e")
	pieces, n, err := c.pieces(quote, escapes)
	if err != nil {
		return err
	}
	filled := len(pieces) > 1 || len(pieces) == 1 && pieces[0].token != 0
	if c.literal && (filled || c.filled) {
		return fmt.Errorf("a string with a placeholder stands beside another string: write them as one")
	}
	c.literal, c.filled = true, filled
	if !filled {
		c.copy(n)
		return nil
	}
	if prefix != "" {
		if !c.dialect.EscapeString || !strings.EqualFold(prefix, "e") {
			return fmt.Errorf("a placeholder in %s%c...%c: a string with %q before it cannot hold one", prefix, quote, quote, prefix)
		}
		written := c.out.String()
		c.out.Reset()
		c.out.WriteString(written[:len(written)-len(prefix)])
	}
	c.at += n
	c.join(pieces, prefix, string(quote))
	c.apart()
	return nil
}

// pieces takes the literal at c.at apart, which has n bytes.
func (c *compiler) pieces(quote byte, escapes bool) (pieces []piece, n int, err error) {
	text := c.text[c.at:]
	from := 1
	flush := func(to int) {
		if to > from {
			pieces = append(pieces, piece{text: text[from:to]})
		}
	}
	for i := 1; i < len(text); {
		token := c.token(text[i:])
		switch {
		case token != 0:
			flush(i)
			pieces = append(pieces, piece{token: token})
			i += 2
			from = i
		case text[i] == '\\' && i+1 < len(text) && (escapes || text[i+1] == '\\'):
			i += 2 // "\\L" is no token
		case text[i] == quote && i+1 < len(text) && text[i+1] == quote:
			i += 2
		case text[i] == quote:
			flush(i)
			return pieces, i + 1, nil
		default:
			i++
		}
	}
	return nil, 0, fmt.Errorf("a %c is not closed", quote)
}

// join writes the expression that pieces become.
func (c *compiler) join(pieces []piece, prefix, quote string) {
	if len(pieces) == 1 {
		c.parameter(pieces[0].token)
		return
	}
	open, between := "(", " || "
	if c.dialect.Concat {
		open, between = "CONCAT(", ", "
	}
	c.out.WriteString(open)
	for i, p := range pieces {
		if i > 0 {
			c.out.WriteString(between)
		}
		if p.token == 0 {
			c.out.WriteString(prefix + quote + p.text + quote)
			continue
		}
		c.parameter(p.token)
		if c.dialect.Numbered {
			c.out.WriteString("::text")
		}
	}
	c.out.WriteByte(')')
}

// name handles a quoted name.
func (c *compiler) name(open byte) error {
	closing := open
	if open == '[' {
		closing = ']'
	}
	for i := c.at + 1; i < len(c.text); i++ {
		if c.text[i] != closing {
			continue
		}
		if open != '[' && i+1 < len(c.text) && c.text[i+1] == closing {
			i++
			continue
		}
		c.literal = false
		return c.opaque(i+1-c.at, "a quoted name")
	}
	return fmt.Errorf("a %c is not closed", open)
}

// opaque takes n bytes over in which there may be no token.
func (c *compiler) opaque(n int, what string) error {
	for text := c.text[c.at : c.at+n]; text != ""; text = text[1:] {
		if token := c.token(text); token != 0 {
			return fmt.Errorf("\\%c is in %s, where no value can be put", token, what)
		}
	}
	c.copy(n)
	return nil
}

func (c *compiler) lineComment(rest string) bool {
	switch {
	case rest[0] == '#':
		return c.dialect.Hash
	case strings.HasPrefix(rest, "--"):
		return !c.dialect.DashBlank || len(rest) == 2 || rest[2] == ' '
	}
	return false
}

// commentLength returns the length of the comment that text begins with.
func commentLength(text string, nested bool) (int, error) {
	depth := 1
	for i := 2; i+1 < len(text); {
		switch {
		case text[i] == '*' && text[i+1] == '/':
			depth--
			i += 2
			if depth == 0 {
				return i, nil
			}
		case nested && text[i] == '/' && text[i+1] == '*':
			depth++
			i += 2
		default:
			i++
		}
	}
	return 0, fmt.Errorf("a /* is not closed")
}

// dollar handles "$": the start of a literal, or a parameter of the template's own.
func (c *compiler) dollar(rest string) error {
	n := 1
	for n < len(rest) && isWord(rest[n]) && rest[n] != '$' {
		n++
	}
	if n == len(rest) || rest[n] != '$' || rest[1] >= '0' && rest[1] <= '9' {
		return fmt.Errorf("%q outside of quotes is a parameter, which has no value", '$')
	}
	tag := rest[:n+1]
	closing := strings.Index(rest[len(tag):], tag)
	if closing < 0 {
		return fmt.Errorf("a %s is not closed", tag)
	}
	if c.literal && c.filled {
		return fmt.Errorf("a string with a placeholder stands beside another string: write them as one")
	}
	c.literal, c.filled = true, false
	return c.opaque(2*len(tag)+closing, "a "+tag+" string")
}

// literalPrefix returns what at the end of the text so far would change the meaning of a string literal after it.
func literalPrefix(written string, d Dialect) string {
	i := len(written)
	for i > 0 && (isWord(written[i-1]) || written[i-1] == '&') {
		i--
	}
	word := written[i:]
	switch strings.ToLower(word) {
	case "e", "n", "x", "b", "u&":
		return word
	}
	if strings.HasPrefix(word, "_") && d.Concat { // a character set of MySQL
		return word
	}
	return ""
}

// isWord tells whether a byte can be part of a word.
func isWord(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

func endsInWord(s string) bool { return s != "" && isWord(s[len(s)-1]) }
