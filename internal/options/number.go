package options

import (
	"math"
	"strconv"
	"strings"
)

const blanks = " \t\n\v\f\r"

// An integer is what C's strtoul finds at the beginning of a text.
type integer struct {
	n        uint64 // the magnitude, at most math.MaxUint64
	negative bool
	rest     string // what follows the digits
}

// scanInteger reads leading blanks, a sign and digits. Base 0 takes the base from the prefix, 0x
// or 0, as C does: the original's switches accept that, so 010 is eight. It reports false if there
// are no digits.
func scanInteger(text string, base uint64) (integer, bool) {
	text = strings.TrimLeft(text, blanks)
	var i integer
	if text != "" && (text[0] == '-' || text[0] == '+') {
		i.negative = text[0] == '-'
		text = text[1:]
	}
	if base == 0 {
		base = 10
		switch {
		case len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' && digit(text[2]) < 16:
			base, text = 16, text[2:]
		case strings.HasPrefix(text, "0"):
			base = 8
		}
	}
	n := 0
	for ; n < len(text) && digit(text[n]) < base; n++ {
		if i.n > (math.MaxUint64-digit(text[n]))/base {
			i.n = math.MaxUint64
			continue
		}
		i.n = i.n*base + digit(text[n])
	}
	i.rest = text[n:]
	return i, n > 0
}

// digit is the value of a hexadecimal digit, or 16 or more.
func digit(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c >= 'a' && c <= 'f':
		return uint64(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return uint64(c-'A') + 10
	}
	return math.MaxUint64
}

// whole is scanInteger of a text that holds a number and nothing else.
func whole(text string, base uint64) (integer, error) {
	i, ok := scanInteger(text, base)
	if ok && i.rest == "" {
		return i, nil
	}
	if ok && base == 0 && len(text) > 1 && text[0] == '0' && allDigits(text) {
		return i, hinted("write "+strings.TrimLeft(text, "0"), "%q begins with 0 and so is octal", text)
	}
	return i, wrong("%q is not a whole number", text)
}

// limit is a bound for i that fits an int: 0, no limit, for what the original turns into four
// thousand millions.
func (i integer) limit() int {
	if i.negative || i.n > math.MaxInt32 {
		return 0
	}
	return int(i.n)
}

// allDigits reports whether text is a row of decimal digits.
func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// cutPair cuts "a:b", "a b", "a_b" or "a-b", with blanks around the mark or not, into its two
// numbers.
func cutPair(text string) (first, second string, ok bool) {
	text = strings.Trim(text, blanks)
	first, rest := cutDigits(text)
	tail := strings.TrimLeft(rest, blanks)
	blank := len(tail) < len(rest)
	switch {
	case first == "" || tail == "":
		return "", "", false
	case blank && len(tail) > 1 && tail[0] == '-' && digit(tail[1]) < 10: // "5 -1": a minus, not a mark
	case strings.IndexByte(":_-", tail[0]) >= 0:
		tail = strings.TrimLeft(tail[1:], blanks)
	case !blank:
		return "", "", false
	}
	second, rest = cutDigits(tail)
	return first, second, second != "" && rest == ""
}

// cutDigits cuts a row of decimal digits, perhaps with a minus, off the front of text.
func cutDigits(text string) (digits, rest string) {
	n := 0
	if strings.HasPrefix(text, "-") {
		n = 1
	}
	start := n
	for n < len(text) && digit(text[n]) < 10 {
		n++
	}
	if n == start {
		return "", text
	}
	return text[:n], text[n:]
}

// A pair is two decimal numbers given as one value.
type pair struct{ first, second integer }

// scanPair reads a pair. Of a pair with a colon the original ignores what follows the second
// number: that is junk.
func scanPair(text string) (p pair, junk string, err error) {
	if first, second, ok := cutPair(text); ok {
		p.first, _ = scanInteger(first, 10)
		p.second, _ = scanInteger(second, 10)
		return p, "", nil
	}
	var ok bool
	if p.first, ok = scanInteger(text, 10); ok && strings.HasPrefix(p.first.rest, ":") {
		if p.second, ok = scanInteger(p.first.rest[1:], 10); ok {
			return p, p.second.rest, nil
		}
	}
	return p, "", wrong("%q is not two numbers", text)
}

// scanDecimal reads the decimal fraction at the beginning of text and returns what follows it.
func scanDecimal(text string) (f float64, rest string, ok bool) {
	text = strings.TrimLeft(text, blanks)
	end := 0
	for end < len(text) && strings.IndexByte("+-.0123456789eE", text[end]) >= 0 {
		end++
	}
	for ; end > 0; end-- {
		if f, err := strconv.ParseFloat(text[:end], 64); err == nil {
			return f, text[end:], true
		}
	}
	return 0, text, false
}
