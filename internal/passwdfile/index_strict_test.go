package passwdfile

import (
	"errors"
	"strings"
	"testing"
)

func TestParseStrict(t *testing.T) {
	const base = "joe:h:1:1::/x"
	for _, test := range []struct {
		line  string
		field int // 0 if it is right
	}{
		{full, 0},
		{base, 0},
		{base + "::::::::::::", 0},
		{base + "::::::::::::0900-1800:more:fields", 0},
		{base + ":::::::::::::more:0900-1800x", 0},
		{base + "::::::::::::0900-1800:12345:1x", 0},
		{base + ":::::::::::::1800", 0},
		{base + "::::::::::::0900-18:00", 18}, {base + "::::::::::::900-1:800:", 18},
		{base + "::::::::192.0.2.1,office.example: 10.0.0.0/8 :10.0.0.1:,a", 0},
		{base + "::::::::, ,", 14}, {base + ":::::::::::\t", 17},
		{strings.TrimSuffix(full, ":900-1800") + "::900-1800", 18},
		{base + ":::::::::::::: 900-1800", 18},
		{base + "::::::::192.0.2.256", 14}, {base + ":::::::::10.0.0.0/0", 15},
		{base + "::::::::::10.0.0.1 10.0.0.2", 16}, {base + ":::::::::::office.example/8", 17},
		{"jo\re:h:1:1::/x", 1}, {"joe:h:1:1::/x\x00", 6}, {"joe:h:1:1::/x:::::::::::::more\r", 18},
		{base + strings.Repeat(" ", MaxLine-len(base)), 0}, {base + strings.Repeat("x", MaxLine+1-len(base)), 6},
		{"joe", 2}, {"", 1}, {"joe:h:0:1::/x", 3},
	} {
		r, err := ParseStrict(test.line)
		e, ok := errors.AsType[*FieldError](err)
		if (r != nil) != (test.field == 0) || ok != (test.field != 0) || ok && e.Field != test.field {
			t.Errorf("ParseStrict(%.80q) = %v, %v; want an error of field %d", test.line, r, err, test.field)
		}
	}
}

func TestLineErrorShowsNoHash(t *testing.T) {
	for line, want := range map[string]string{
		"joe:h:1:1::/x":                `7: login "joe": empty`,
		"$argon2id$v=19$x:1:1::/x":     "7: empty",
		"*:1:1::/x":                    "7: empty",
		"joe":                          "7: empty",
		strings.Repeat("j", 65) + ":h": "7: empty",
	} {
		if got := lineError(7, []byte(line), errEmpty).Error(); got != want {
			t.Errorf("error of %q = %q; want %q", line, got, want)
		}
	}
}

// FuzzParseStrict checks that nothing is accepted that ParseLine refuses, and that the lists of what
// is accepted can be decided.
func FuzzParseStrict(f *testing.F) {
	f.Add(full)
	f.Add("joe:h:1:1::/x:::::::::::::900-1800")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := ParseStrict(line)
		if err != nil {
			if _, ok := errors.AsType[*FieldError](err); !ok || r != nil {
				t.Errorf("ParseStrict(%q) = %v, %v; want only a *FieldError", line, r, err)
			}
			return
		}
		if _, err := ParseLine(line); err != nil || len(line) > MaxLine || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("ParseStrict(%q) accepts; ParseLine = %v", line, err)
		}
	})
}
