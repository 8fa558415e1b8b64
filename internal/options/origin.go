package options

import (
	"fmt"
	"strings"
)

// An Origin is the place where a value was given. At most one of its pairs is set.
type Origin struct {
	File string // a configuration file,
	Line int    // and its line, counted from 1 (0: the file as a whole)

	Arg  int    // the index in argv of the switch,
	Name string // and the switch as it was typed, or what else decided (Arg 0)
}

// String is "FILE:LINE", "argument N (-x)" or the name of what decided.
func (o Origin) String() string {
	switch {
	case o.File != "" && o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case o.File != "":
		return o.File
	case o.Arg > 0:
		return fmt.Sprintf("argument %d (%s)", o.Arg, o.Name)
	}
	return o.Name
}

// originText lists origins for a reader.
func originText(origins []Origin) string {
	if len(origins) == 0 {
		return "default"
	}
	texts := make([]string, len(origins))
	for i, origin := range origins {
		texts[i] = origin.String()
	}
	return strings.Join(texts, ", ")
}
