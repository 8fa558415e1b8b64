package ldapauth

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func TestParseFilter(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`(uid=\L)`, `(uid=o\28x)`},
		{`(&(objectClass=posixAccount)(uid=\L))`, `(&(objectClass=posixAccount)(uid=o\28x))`},
		{`(|(uid=\L)(mail=\L))`, `(|(uid=o\28x)(mail=o\28x))`},
		{`(uid=joe)`, `(uid=joe)`},
		{`(cn=\2a\L\5C)`, `(cn=\2ao\28x\5C)`},
		{`(uid=\l)`, ""}, {`(uid=%s)`, ""}, {`(uid=\)`, ""}, {`(uid=\L`, ""}, {`\L`, ""}, {`(uid=\2)`, ""}, {`(uid=\2x)`, ""}, {``, ""}, {`(\L)`, ""},
		{`(x\L=joe)`, ""}, {`(&(uid=\L)(\L=*))`, ""}, {`(uid:\L:=joe)`, ""}, {`(uid:caseExactMatch:=\L)`, `(uid:caseExactMatch:=o\28x)`},
	} {
		f, err := ParseFilter(test.text)
		if (err == nil) != (test.want != "") || err == nil && f.For("o(x") != test.want {
			t.Errorf("ParseFilter(%q) = %q, %v; want %q", test.text, f.For("o(x"), err, test.want)
		}
	}
}

// FuzzFilter checks that a login, whatever it holds, stays one value: the filter has the shape that it has for "joe".
func FuzzFilter(f *testing.F) {
	for _, login := range []string{"joe", "*", ")(uid=*", `\2a`, "\x00", "\xff\xfe", "jöe", `\L`, "%", "(|(a=b)", "id=*"} {
		f.Add(`(&(objectClass=posixAccount)(uid=\L))`, login)
		f.Add(`(|(uid=\L)(!(mail=x\L*)))`, login)
		f.Add(`(mail\L=*)`, login)
	}
	f.Fuzz(func(t *testing.T, text, login string) {
		filter, err := ParseFilter(text)
		if err != nil {
			return
		}
		if login == "" || strings.Contains(filter.For("joe"), ":=") {
			return // an empty value is another kind of filter; checkLogin keeps it away
		}
		want, err := ldap.CompileFilter(filter.For("joe"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ldap.CompileFilter(filter.For(login))
		if err != nil {
			if checkLogin(login) == nil {
				t.Errorf("%q for %q: %v", text, login, err)
			}
			return // bytes that are not UTF-8 make no filter
		}
		if shape(got) != shape(want) {
			t.Errorf("%q for %q has the shape %s; want %s", text, login, shape(got), shape(want))
		}
	})
}
