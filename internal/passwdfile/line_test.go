package passwdfile

import (
	"cmp"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestAppendLine(t *testing.T) {
	for _, line := range []string{
		full,
		"joe:h:1:1::/x::::::::::::",
		"carol:h:4294967294:4294967294::/srv/./carol/sub::::::18446744073709551615:0:::::0-2359",
		"j:h:1:2:G e:/x:0:0:0:0:0:0:0: a,,b/9 : :300.1.1.1,:,:2359-0",
	} {
		r, err := ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.AppendLine([]byte("# before\n")); string(got) != "# before\n"+line || err != nil {
			t.Errorf("AppendLine = %q, %v; want %q", got, err, line)
		}
	}
}

func TestAppendLineWritesAsTheOriginal(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"joe:h: 01:+2::/x", "joe:h:1:2::/x::::::::::::"},
		{"joe:h:1:2::/x::::::::::::0900-0030:more", "joe:h:1:2::/x::::::::::::900-30"},
	} {
		r, err := ParseLine(test.line)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.AppendLine(nil); string(got) != test.want || err != nil {
			t.Errorf("AppendLine of %q = %q, %v; want %q", test.line, got, err, test.want)
		}
	}
}

func TestAppendLineRefuses(t *testing.T) {
	for _, test := range []struct {
		field  int
		change func(*Record)
	}{
		{1, func(r *Record) { r.Login = "" }},
		{1, func(r *Record) { r.Login = "#joe" }},
		{1, func(r *Record) { r.Login = "a:b" }},
		{2, func(r *Record) { r.Hash = "" }},
		{2, func(r *Record) { r.Hash = "a\nroot:x:1:1::/" }},
		{3, func(r *Record) { r.UID = 0 }},
		{4, func(r *Record) { r.GID = 0 }},
		{4, func(r *Record) { r.GID = 1<<32 - 1 }},
		{5, func(r *Record) { r.Gecos = "a:b" }},
		{5, func(r *Record) { r.Gecos = "a\rb" }},
		{5, func(r *Record) { r.Gecos = "a\x00b" }},
		{5, func(r *Record) { r.Gecos = strings.Repeat("x", MaxLine) }},
		{6, func(r *Record) { r.Home = "" }},
		{6, func(r *Record) { r.Home = "x" }},
		{14, func(r *Record) { r.LocalAllow, _ = ParseAddresses("::1") }},
		{17, func(r *Record) { r.ClientDeny, _ = ParseAddresses("a\nb") }},
		{18, func(r *Record) { r.Hours = Hours{true, -1, 3} }},
		{18, func(r *Record) { r.Hours = Hours{true, 1, 10000} }},
	} {
		r := Record{Login: "joe", Hash: "h", UID: 1, GID: 1, Home: "/x"}
		test.change(&r)
		got, err := r.AppendLine([]byte("before"))
		e, ok := errors.AsType[*FieldError](err)
		if string(got) != "before" || !ok || e.Field != test.field {
			t.Errorf("AppendLine of %+v = %.20q, %v; want an error of field %d", r, got, err, test.field)
		}
	}
}

func TestLongestLine(t *testing.T) {
	r := Record{Login: "joe", Hash: "h", UID: 1, GID: 1, Home: "/x"}
	short, err := r.AppendLine(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Gecos = strings.Repeat("x", MaxLine-len(short))
	line, err := r.AppendLine(nil)
	if len(line) != MaxLine || err != nil {
		t.Fatalf("AppendLine = %d bytes, %v; want %d", len(line), err, MaxLine)
	}
	if got := scan(t, string(line)+"\n"); len(got) != 1 {
		t.Errorf("the longest line is read as %d", len(got))
	}
	r.Gecos += "x"
	if _, err := r.AppendLine(nil); err == nil {
		t.Errorf("AppendLine of one byte more succeeded")
	}
}

func TestParseAddresses(t *testing.T) {
	for _, test := range []struct {
		text string
		ok   bool
	}{
		{"", true}, {"10.0.0.1, 10.0.0.0/8,ftp.example.net", true}, {",", true},
		{"10.0.0.256", false}, {"10.0.0.0/33", false}, {"10.0.0.1,10.0.0.0/255.0.0.0", false},
	} {
		l, err := ParseAddresses(test.text)
		if l.String() != test.text || l.Set != (test.text != "") || (err == nil) != test.ok {
			t.Errorf("ParseAddresses(%q) = %q, %v", test.text, l, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		line  string
		field int // 0: fine
	}{
		{full, 0}, {"joe:h:1:1::/x", 0},
		{"joe:h:1:1::/x::::::::300.1.1.1", 14}, {"joe:h:1:1::/x:::::::::1.2.3.4/0", 15},
		{"joe:h:1:1::/x::::::::::1.2.3.4,1.2.3.4/x", 16}, {"joe:h:1:1::/x:::::::::::-:", 17},
	} {
		r, err := ParseLine(test.line)
		if err != nil {
			t.Fatal(err)
		}
		e, _ := errors.AsType[*FieldError](r.Check())
		if got := cmp.Or(e, &FieldError{}).Field; got != test.field {
			t.Errorf("Check of %q = %v; want an error of field %d", test.line, e, test.field)
		}
	}
}

// FuzzAppendLine checks that a record that was read and written is read as the same record, and
// that what AppendLine refuses to write could not have been read.
func FuzzAppendLine(f *testing.F) {
	f.Add(full)
	f.Add("joe:h: +7:+07::/x/./y:0::::::: a ,b/9:,:300.1.1.1::0200-600:x")
	f.Add("#joe:h:1:1::/x")
	f.Fuzz(func(t *testing.T, text string) {
		want, err := ParseLine(text)
		if err != nil {
			return
		}
		line, err := want.AppendLine(nil)
		if err != nil {
			long := len(text)+fieldCount*20 > MaxLine // numbers may grow by a digit or two
			if e, ok := errors.AsType[*FieldError](err); !ok || !long &&
				!strings.HasPrefix(text, "#") && !strings.ContainsAny(want.Login, "\r\n\x00") {
				t.Errorf("AppendLine of %q = %v, field %v", text, err, e)
			}
			return
		}
		got, err := ParseLine(string(line))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is written as %q, read as %+v, %v; want %+v", text, line, got, err, want)
		}
		if strings.Count(string(line), ":") != fieldCount-1 || len(line) > MaxLine {
			t.Errorf("AppendLine of %q = %q", text, line)
		}
	})
}
