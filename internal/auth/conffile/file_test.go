package conffile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func keywords() []string { return []string{"MYSQLServer", "MYSQLUser", "MYSQLPassword", "MYSQLGetPW"} }

func TestParse(t *testing.T) {
	f, err := Parse("a.conf", "\ufeff# a comment\r\n"+
		"\r\n  \t\n\x01 anything\n"+
		" \tmysqlserver\t db.example \t\r\n"+
		"MYSQLUserftp\n"+
		"MYSQLPassword a#b \"c\" \n"+
		"MYSQLGetPW SELECT 1\n"+
		"MYSQLGETPW SELECT 2 # counts", keywords())
	if err != nil {
		t.Fatal(err)
	}
	for keyword, want := range map[string]string{
		"MYSQLServer": "db.example", "MYSQLUser": "ftp", "MYSQLPassword": `a#b "c"`, "MYSQLGetPW": "SELECT 2 # counts",
	} {
		if got := f.Text(keyword); got != want || !f.Has(keyword) {
			t.Errorf("%s = %q; want %q", keyword, got, want)
		}
	}
	if f.Has("MYSQLPort") || f.Text("MYSQLPort") != "" {
		t.Error("a keyword that is not there has a value")
	}
	if got, want := f.Mistake("MYSQLGetPW", "is %s", "odd").Error(), "a.conf:9: MYSQLGetPW: is odd"; got != want {
		t.Errorf("Mistake = %q; want %q", got, want)
	}
	if got, want := f.Mistake("MYSQLPort", "is missing").Error(), "a.conf: MYSQLPort: is missing"; got != want {
		t.Errorf("Mistake = %q; want %q", got, want)
	}
}

func TestMistakes(t *testing.T) {
	_, err := Parse("a.conf", "MYSQLServer x\nMYSQLPasswort hunter2\nMYSQLUser \t\nMYSQLUser a\x00b\n"+
		"MYSQLServer "+strings.Repeat("x", maxLine)+"\nhunter2\n", keywords())
	want := `a.conf:2: unknown keyword "MYSQLPasswort"
a.conf:3: MYSQLUser: the value is missing
a.conf:4: MYSQLUser: a zero byte in the value
a.conf:5: longer than 2048 bytes
a.conf:6: unknown keyword "hunter2"`
	if err == nil || err.Error() != want {
		t.Errorf("Parse = %v; want %s", err, want)
	}
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("Parse = %T; want *Error in it", err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.conf")
	if err := os.WriteFile(path, []byte("MYSQLUser joe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Load(path, nil, keywords())
	if err != nil || f.Text("MYSQLUser") != "joe" {
		t.Errorf("Load = %v, %v", f, err)
	}
	closed := func(string) (*os.File, error) { return nil, fs.ErrPermission }
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		open func(string) (*os.File, error)
		want string
	}{
		{filepath.Join(dir, "none"), nil, "no such file"},
		{path, closed, "permission"},
		{dir, nil, "is a directory"},
		{large, nil, "larger than"},
	} {
		_, err := Load(test.path, test.open, keywords())
		if e, ok := errors.AsType[*Error](err); !ok || e.File != test.path || !strings.Contains(e.Text, test.want) {
			t.Errorf("Load(%s) = %v; want an *Error with %q", test.path, err, test.want)
		}
	}
}

// FuzzParse checks that what is read stands in the text, and that no error shows a value.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"MYSQLUser joe\n#x\n", "mysqlgetpw\tSELECT '\\L'\r\nMYSQLPassword", "\ufeffMYSQLServer ::1", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("f", text, keywords())
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		for _, k := range keywords() {
			got := file.Text(k)
			if file.Has(k) != (got != "") || !strings.Contains(text, got) || strings.Trim(got, blanks) != got ||
				strings.ContainsAny(got, "\x00\n") {
				t.Errorf("%s = %q in %q", k, got, text)
			}
		}
	})
}
