package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Ciphers is what became of a cipher list.
type Ciphers struct {
	IDs     []uint16 // the suites of TLS 1.2 it leaves; nil means those of crypto/tls
	Names   []string // the same in OpenSSL's words
	Weak    []string // those of them that are better left out, with the reason
	Missing []string // the parts of the list that select nothing here
	Ordered bool     // the list asks for an order
}

// Remark says in one line what could not be done as the list asked; it is empty if all was.
func (c Ciphers) Remark() string {
	var parts []string
	if len(c.Missing) > 0 {
		parts = append(parts, "not available and left out: "+strings.Join(c.Missing, ", "))
	}
	if len(c.Weak) > 0 {
		parts = append(parts, "better left out: "+strings.Join(c.Weak, ", "))
	}
	if c.Ordered {
		parts = append(parts, "the order cannot be chosen")
	}
	if len(parts) == 0 {
		return ""
	}
	return "cipher list: " + strings.Join(parts, "; ")
}

// ErrCiphers is in the error of a cipher list that is wrong or leaves nothing.
var ErrCiphers = errors.New("cipher list")

// maxCipherList bounds a list, in bytes.
const maxCipherList = 65536

// ParseCiphers reads a cipher list in OpenSSL's syntax and maps it to suites of TLS 1.2; those of TLS 1.3 cannot be chosen.
// A class such as HIGH selects no suite that lacks forward secrecy; kRSA, RSA and the suites' own names do. A list that
// leaves nothing is an error.
func ParseCiphers(list string) (Ciphers, error) {
	if list == "" {
		return Ciphers{}, nil
	}
	if len(list) > maxCipherList {
		return Ciphers{}, fmt.Errorf("%w: longer than %d bytes; is it one?", ErrCiphers, maxCipherList)
	}
	p := cipherParser{table: suites()}
	p.taken, p.killed = make([]bool, len(p.table)), make([]bool, len(p.table))
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(":,; ", r) }) {
		if err := p.part(part); err != nil {
			return Ciphers{}, fmt.Errorf("%w: %w", ErrCiphers, err)
		}
	}
	for i, s := range p.table {
		if !p.taken[i] {
			continue
		}
		p.result.IDs = append(p.result.IDs, s.id)
		p.result.Names = append(p.result.Names, s.name)
		if s.weak != "" {
			p.result.Weak = append(p.result.Weak, s.name+" ("+s.weak+")")
		}
	}
	if len(p.result.IDs) == 0 {
		return Ciphers{}, fmt.Errorf("%w: %s leaves no cipher of TLS 1.2 that is available; write HIGH, or leave it out",
			ErrCiphers, quote(list))
	}
	return p.result, nil
}

// quote is the beginning of a text from the command line, in quotes.
func quote(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

// A cipherParser holds the suites selected so far.
type cipherParser struct {
	table         []suite
	taken, killed []bool
	result        Ciphers
}

// part carries out one part of a list: an operator, and classes or a suite joined by plus signs.
func (p *cipherParser) part(part string) error {
	if command, ok := strings.CutPrefix(part, "@"); ok {
		return p.command(command)
	}
	operator := byte(0)
	words := part
	if strings.IndexByte("!-+", part[0]) >= 0 {
		operator, words = part[0], part[1:]
	}
	all := strings.Split(words, "+")
	for _, word := range all {
		if !isCipherWord(word) {
			return fmt.Errorf("%s is neither a cipher nor a class of ciphers", quote(part))
		}
	}
	found := p.matching(all, operator != 0)
	if len(found) == 0 && (operator == 0 || !known(all)) {
		p.miss(part)
	}
	p.result.Ordered = p.result.Ordered || operator == '+'
	for _, i := range found {
		switch operator {
		case 0:
			p.taken[i] = !p.killed[i]
		case '!':
			p.taken[i], p.killed[i] = false, true
		case '-':
			p.taken[i] = false
		}
	}
	return nil
}

func (p *cipherParser) miss(part string) {
	if !slices.Contains(p.result.Missing, part) {
		p.result.Missing = append(p.result.Missing, part)
	}
}

// command carries out @STRENGTH and @SECLEVEL=n. Ours is level 2, as OpenSSL's, so lower ones are kept as well.
func (p *cipherParser) command(word string) error {
	switch word {
	case "STRENGTH":
		p.result.Ordered = true
	case "SECLEVEL=0", "SECLEVEL=1", "SECLEVEL=2":
	case "SECLEVEL=3", "SECLEVEL=4", "SECLEVEL=5":
		p.miss("@" + word)
	default:
		return fmt.Errorf("%s is neither @STRENGTH nor @SECLEVEL=0 to 5", quote("@"+word))
	}
	return nil
}

// matching are the suites that belong to each of the words. A weak one has to be asked for by name; it is always excluded
// with its class.
func (p *cipherParser) matching(words []string, excluding bool) (found []int) {
	for i, s := range p.table {
		own := strings.Fields(s.words)
		named := excluding || s.weak == ""
		all := true
		for _, word := range words {
			isName := word == s.name || word == tls.CipherSuiteName(s.id)
			named = named || isName || word == "kRSA" || word == "RSA"
			all = all && (isName || word == "ALL" || word == "DEFAULT" || word == "HIGH" || slices.Contains(own, word))
		}
		if all && named {
			found = append(found, i)
		}
	}
	return found
}

// known tells whether each word is one of OpenSSL's: a class, or a name that looks like one.
func known(words []string) bool {
	for _, word := range words {
		if !strings.ContainsAny(word, "-_") && !slices.Contains(strings.Fields(knownWords), word) &&
			!slices.ContainsFunc(suites(), func(s suite) bool { return slices.Contains(strings.Fields(s.words), word) }) &&
			word != "ALL" && word != "DEFAULT" && word != "HIGH" {
			return false
		}
	}
	return true
}

// isCipherWord tells whether a word holds only what OpenSSL allows.
func isCipherWord(word string) bool {
	for i := range len(word) {
		switch c := word[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '.', c == '_', c == '=':
		default:
			return false
		}
	}
	return word != ""
}
