package sqlauth

import (
	"reflect"
	"strings"
	"testing"
)

// The dialects as the packages above use them.
var (
	mysqlLike    = Dialect{Backslash: true, DoubleQuotes: true, NameQuotes: "`", Hash: true, DashBlank: true, Marks: "?", Concat: true}
	postgresLike = Dialect{Nested: true, Dollar: true, EscapeString: true, Numbered: true, Last: true}
	sqliteLike   = Dialect{NameQuotes: "`[", Marks: "?:@$", Last: true}
)

func TestCompile(t *testing.T) {
	type want = []Statement
	for _, test := range []struct {
		dialect  Dialect
		template string
		want     want
	}{
		// Of the original's sample file.
		{mysqlLike, `SELECT Password FROM users WHERE User="\L"`, want{{`SELECT Password FROM users WHERE User=?`, []byte("L")}}},
		{mysqlLike, `SELECT Uid FROM users WHERE User='\l' AND Ip='\R' AND Port='\P' AND Num=\D AND Here="\i"`, want{
			{`SELECT Uid FROM users WHERE User=? AND Ip=? AND Port=? AND Num=? AND Here=?`, []byte("LRPDI")}}},
		{postgresLike, `SELECT pw FROM u WHERE l='\L' OR l='\L'`, want{{`SELECT pw FROM u WHERE l=$1 OR l=$2`, []byte("LL")}}},

		// In longer literals.
		{mysqlLike, `SELECT '%\L%', 'x\L', "\L@\I"`, want{{`SELECT CONCAT('%', ?, '%'), CONCAT('x', ?), CONCAT(?, "@", ?)`, []byte("LLLI")}}},
		{postgresLike, `SELECT '%\L%'`, want{{`SELECT ('%' || $1::text || '%')`, []byte("L")}}},
		{postgresLike, `SELECT E'a\'\L'`, want{{`SELECT (E'a\'' || $1::text)`, []byte("L")}}},
		{postgresLike, `SELECT E'\L'`, want{{`SELECT $1`, []byte("L")}}},
		{sqliteLike, `SELECT 'a''\L'`, want{{`SELECT ('a''' || ?)`, []byte("L")}}},
		{mysqlLike, `SELECT'\L'`, want{{`SELECT?`, []byte("L")}}},
		{postgresLike, `SELECT'\L'from u`, want{{`SELECT $1 from u`, []byte("L")}}},

		// What is no token stays: \x, \\, a backslash at the end.
		{mysqlLike, `SELECT 'a\'b\\L\x' \`, want{{`SELECT 'a\'b\\L\x' \`, nil}}},
		{sqliteLike, `SELECT 'a\' , '\\L', '\L'`, want{{`SELECT 'a\' , '\\L', ?`, []byte("L")}}},
		{mysqlLike, `SELECT '\H\O'`, want{{`SELECT '\H\O'`, nil}}},

		// Several statements; what only looks like the end of one.
		{mysqlLike, `BEGIN; CALL f('\L') ;; SELECT ';' -- end;`, want{
			{`BEGIN`, nil}, {`CALL f(?)`, []byte("L")}, {`SELECT ';' -- end;`, nil}}},
		{mysqlLike, "SELECT `a;b`, 5--1 # ;", want{{"SELECT `a;b`, 5--1 # ;", nil}}},
		{postgresLike, `SELECT $x$;'$x$, "a;""b", 1 /* ; /* ; */ */; SELECT a$1, '\L'`, want{
			{`SELECT $x$;'$x$, "a;""b", 1 /* ; /* ; */ */`, nil}, {`SELECT a$1, $1`, []byte("L")}}},
		{sqliteLike, `SELECT [a;'b] , "c;"`, want{{`SELECT [a;'b] , "c;"`, nil}}},

		// Control characters.
		{mysqlLike, "SELECT\t'\\\x01L'\x7f", want{{`SELECT ?`, []byte("L")}}},
	} {
		got, err := Compile(test.template, queryTokens, test.dialect)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("Compile(%s) = %q, %v; want %q", test.template, got, err, test.want)
		}
	}
	got, err := Compile(`UPDATE u SET p='\H' WHERE l='\L' AND p='\O'`, storeTokens, mysqlLike)
	stored := []Statement{{`UPDATE u SET p=? WHERE l=? AND p=?`, []byte("HLO")}}
	if err != nil || !reflect.DeepEqual(got, stored) {
		t.Errorf("Compile = %q, %v; want %q", got, err, stored)
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, test := range []struct {
		dialect  Dialect
		template string
		want     string
	}{
		{mysqlLike, "SELECT `\\L`", "in a quoted name"},
		{postgresLike, `SELECT "\L"`, "in a quoted name"},
		{sqliteLike, `SELECT [\L]`, "in a quoted name"},
		{mysqlLike, `SELECT 1 # \L`, "in a comment"},
		{mysqlLike, `SELECT /*! \L */ 1`, "in a comment"},
		{postgresLike, `SELECT 1 --\L`, "in a comment"},
		{postgresLike, `SELECT $$\L$$`, "in a $$ string"},
		{mysqlLike, `SELECT user_\L`, "part of a word"},
		{mysqlLike, `SELECT \Luser`, "part of a word"},
		{mysqlLike, `SELECT \L\R`, "part of a word"},
		{mysqlLike, `SELECT 'a' '\L'`, "beside another string"},
		{mysqlLike, `SELECT '\L' 'a'`, "beside another string"},
		{mysqlLike, `SELECT \L 'a'`, "beside another string"},
		{mysqlLike, `SELECT 'a' \L`, "follows a string"},
		{postgresLike, `SELECT '\L' $$a$$`, "beside another string"},
		{mysqlLike, `SELECT N'\L'`, "before it cannot hold one"},
		{mysqlLike, `SELECT _utf8'\L'`, "before it cannot hold one"},
		{postgresLike, `SELECT U&'\L'`, "before it cannot hold one"},
		{mysqlLike, `SELECT E'\L'`, "before it cannot hold one"},
		{mysqlLike, `SELECT ?`, "is a parameter"},
		{postgresLike, `SELECT $1`, "is a parameter"},
		{sqliteLike, `SELECT :a`, "is a parameter"},
		{sqliteLike, `SELECT @a`, "is a parameter"},
		{mysqlLike, `SELECT '\L`, "not closed"},
		{mysqlLike, `SELECT '\L\'`, "not closed"},
		{mysqlLike, "SELECT `a", "not closed"},
		{postgresLike, `SELECT $a$ x`, "not closed"},
		{mysqlLike, `SELECT /* x`, "not closed"},
		{mysqlLike, ` ; `, "no statement"},
	} {
		got, err := Compile(test.template, queryTokens, test.dialect)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Compile(%s) = %q, %v; want an error with %q", test.template, got, err, test.want)
		}
	}
}

// FuzzCompile checks that a statement has as many parameters as tokens, that no token is left in it, that compiling does not
// depend on values, and that what comes out is compiled to itself once its parameters are taken out.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`SELECT "\L" FROM u WHERE a='x\R%' -- c`, `CALL f('\L');SELECT E'\'\P' || $a$;$a$`, "`a``b`[c]/*d/**/*/#", `'\\\L''' U&'\D'`,
		`\L \H`, `'a' 'b'`, `"`,
	} {
		f.Add(seed, byte(0))
		f.Add(seed, byte(1))
		f.Add(seed, byte(2))
	}
	f.Fuzz(func(t *testing.T, template string, kind byte) {
		d := []Dialect{mysqlLike, postgresLike, sqliteLike}[kind%3]
		statements, err := Compile(template, storeTokens, d)
		if err != nil {
			return
		}
		for _, s := range statements {
			if strings.TrimSpace(s.SQL) == "" || strings.ContainsAny(s.SQL, "\x00\n\r") {
				t.Errorf("Compile(%q): statement %q", template, s.SQL)
			}
			marks, rest := parametersOf(s.SQL, d)
			if marks != len(s.Tokens) {
				t.Errorf("Compile(%q): %q has %d parameters, tokens %q", template, s.SQL, marks, s.Tokens)
			}
			again, err := Compile(rest, storeTokens, d)
			if err != nil || len(again) != 1 || len(again[0].Tokens) != 0 {
				t.Errorf("Compile(%q): %q is compiled to %q, %v", template, rest, again, err)
			}
		}
	})
}

// parametersOf counts the parameters of a statement the way a database's own parser does, knowing nothing of the compiler,
// and returns the statement with a 0 in their places.
func parametersOf(sql string, d Dialect) (int, string) {
	var rest strings.Builder
	n := 0
	for i := 0; i < len(sql); {
		skip := skipQuoted(sql, i, d)
		switch {
		case skip > 0:
			rest.WriteString(sql[i : i+skip])
			i += skip
		case !d.Numbered && sql[i] == '?':
			n++
			rest.WriteString("0")
			i++
		case d.Numbered && sql[i] == '$' && i+1 < len(sql) && sql[i+1] >= '0' && sql[i+1] <= '9' && (i == 0 || !isWord(sql[i-1])):
			n++
			rest.WriteString("0")
			for i++; i < len(sql) && sql[i] >= '0' && sql[i] <= '9'; i++ {
			}
		default:
			rest.WriteByte(sql[i])
			i++
		}
	}
	return n, rest.String()
}

// skipQuoted returns how long the literal, name or comment at i is; 0 if there is none.
func skipQuoted(sql string, i int, d Dialect) int {
	quoted := func(closing byte, escapes bool) int {
		for j := i + 1; j < len(sql); j++ {
			switch {
			case escapes && sql[j] == '\\':
				j++
			case sql[j] == closing:
				if closing != ']' && j+1 < len(sql) && sql[j+1] == closing {
					j++
					continue
				}
				return j + 1 - i
			}
		}
		return len(sql) - i
	}
	c := sql[i]
	switch {
	case c == '\'':
		escaping := d.Backslash
		if d.EscapeString && i > 0 && sql[i-1]|0x20 == 'e' && (i == 1 || !isWord(sql[i-2]) && sql[i-2] != '&') {
			escaping = true
		}
		return quoted('\'', escaping)
	case c == '"':
		return quoted('"', d.Backslash && d.DoubleQuotes)
	case strings.IndexByte(d.NameQuotes, c) >= 0:
		if c == '[' {
			return quoted(']', false)
		}
		return quoted(c, false)
	case c == '#' && d.Hash, strings.HasPrefix(sql[i:], "--") && (!d.DashBlank || len(sql) == i+2 || sql[i+2] == ' '):
		return len(sql) - i
	case strings.HasPrefix(sql[i:], "/*"):
		n, err := commentLength(sql[i:], d.Nested)
		if err != nil {
			return 0
		}
		return n
	case c == '$' && d.Dollar && (i == 0 || !isWord(sql[i-1])):
		end := strings.IndexByte(sql[i+1:], '$')
		if end < 0 || strings.ContainsFunc(sql[i+1:i+1+end], func(r rune) bool { return r < 0x80 && !isWord(byte(r)) }) ||
			end > 0 && sql[i+1] >= '0' && sql[i+1] <= '9' {
			return 0
		}
		tag := sql[i : i+end+2]
		if closing := strings.Index(sql[i+len(tag):], tag); closing >= 0 {
			return 2*len(tag) + closing
		}
	}
	return 0
}
