package options

import (
	"slices"
	"strings"
)

// A grammar is the form of a directive's value.
type grammar struct {
	form     string // for the manual
	verbatim bool   // the rest of the line, in which '#' can be part of the value
	onOff    bool   // yes or no, which TOML calls true or false
	number   bool   // can be one number
	// read turns the text into the switch's value. It reports false for a value that asks for
	// nothing ("no").
	read func(text string) (value string, given bool, err error)
}

// boolean takes yes, on, true, 1 and no, off, false, 0 in any case. A false value asks for
// nothing: it does not undo.
func boolean() grammar {
	return grammar{form: "yes or no", onOff: true, read: func(text string) (string, bool, error) {
		lower := strings.ToLower(text)
		switch {
		case slices.Contains([]string{"yes", "on", "true", "1"}, lower):
			return "", true, nil
		case slices.Contains([]string{"no", "off", "false", "0"}, lower):
			return "", false, nil
		}
		return "", false, wrong("%q is neither yes nor no", text)
	}}
}

// digits takes decimal digits.
func digits() grammar {
	g := plain("digits", func(text string) error {
		if !allDigits(text) {
			return wrong("%q is not a whole number", text)
		}
		return nil
	})
	g.number = true
	return g
}

// decimal takes what begins with a digit: a fraction, or a percentage.
func decimal() grammar {
	g := plain("a number", func(text string) error {
		if digit(text[0]) > 9 || strings.ContainsAny(text, blanks) {
			return wrong("%q is not a number", text)
		}
		return nil
	})
	g.number = true
	return g
}

// alnum takes letters and digits.
func alnum() grammar {
	return plain("a word", func(text string) error {
		for i := range len(text) {
			if !isAlnum(text[i]) {
				return wrong("%q holds more than letters and digits", text)
			}
		}
		return nil
	})
}

// nospace takes one word.
func nospace() grammar {
	return plain("a word", func(text string) error {
		if strings.ContainsAny(text, blanks) {
			return wrong("%q holds blanks", text)
		}
		return nil
	})
}

// rest takes the rest of the line.
func rest() grammar {
	g := plain("the rest of the line", func(string) error { return nil })
	g.verbatim = true
	return g
}

// plain is a grammar whose value is the text itself, once it has been checked.
func plain(form string, check func(string) error) grammar {
	return grammar{form: form, read: func(text string) (string, bool, error) {
		return text, true, check(text)
	}}
}

// numbers takes two numbers in any of the spellings that cutPair knows; -1 stands for no limit
// where that has a sense.
func numbers() grammar {
	return grammar{form: "two numbers", read: func(text string) (string, bool, error) {
		first, second, ok := cutPair(text)
		if !ok {
			return "", false, wrong("%q is not two numbers", text)
		}
		return first + ":" + second, true, nil
	}}
}

// rates takes one number, or two of which one may be missing beside a colon.
func rates() grammar {
	return grammar{form: "one or two numbers", number: true, read: func(text string) (string, bool, error) {
		if first, second, ok := cutPair(text); ok {
			return first + ":" + second, true, nil
		}
		first, second, colon := strings.Cut(text, ":")
		if allDigits(first+second) && (!colon || first == "" || second == "") {
			return text, true, nil
		}
		return "", false, wrong("%q is not one or two numbers", text)
	}}
}

// twoPaths takes two words, or quoted texts, and joins them with a comma.
func twoPaths() grammar {
	return grammar{form: "two paths, quoted if they hold blanks", read: func(text string) (string, bool, error) {
		first, remainder, ok := cutWord(text)
		if ok {
			var second string
			if second, remainder, ok = cutWord(remainder); ok && remainder == "" {
				if strings.Contains(first, ",") {
					return "", false, wrong("a comma cannot be part of %q", first)
				}
				return first + "," + second, true, nil
			}
		}
		return "", false, wrong("%q is not two paths", text)
	}}
}

// cutWord cuts a word, or a text in double quotes, and the blanks after it off the front of text.
func cutWord(text string) (first, remainder string, ok bool) {
	if inner, found := strings.CutPrefix(text, `"`); found {
		if first, remainder, ok = strings.Cut(inner, `"`); !ok {
			return "", text, false
		}
	} else if n := strings.IndexAny(text, blanks); n >= 0 {
		first, remainder = text[:n], text[n:]
	} else {
		first = text
	}
	trimmed := strings.TrimLeft(remainder, blanks)
	return first, trimmed, first != "" && (remainder == "" || len(trimmed) < len(remainder))
}

// tidy removes a trailing comment and the double quotes around a value. A comment begins with '#'
// after a blank; where '#' can be part of the value, in the rest of the line, a blank or the end
// has to follow it as well.
func tidy(text string, verbatim bool) string {
	text = strings.Trim(text, blanks)
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		if value, after, ok := strings.Cut(inner, `"`); ok {
			after = strings.TrimLeft(after, blanks)
			if after == "" || after[0] == '#' {
				return value
			}
		}
	}
	for i := range len(text) {
		if text[i] != '#' || i > 0 && strings.IndexByte(blanks, text[i-1]) < 0 {
			continue
		}
		if !verbatim || i+1 == len(text) || strings.IndexByte(blanks, text[i+1]) >= 0 {
			return strings.TrimRight(text[:i], blanks)
		}
	}
	return text
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
