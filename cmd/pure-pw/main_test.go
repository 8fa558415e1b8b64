package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfFolder(t *testing.T) {
	for _, test := range []struct{ files, want string }{ // a name that ends in a slash is a folder
		{"", ""},
		{"pureftpd.passwd", ""},
		{"pure-ftpd/", "/pure-ftpd"},
		{"pure-ftpd/192.0.2.7/ pureftpd.passwd", ""},
		{"pure-ftpd/pureftpd.passwd pureftpd.passwd", "/pure-ftpd"},
		{"pure-ftpd", ""},
	} {
		etc := t.TempDir()
		for name := range strings.FieldsSeq(test.files) {
			path := filepath.Join(etc, name)
			err := os.MkdirAll(filepath.Dir(path), 0o700)
			if err == nil && strings.HasSuffix(name, "/") {
				err = os.MkdirAll(path, 0o700)
			} else if err == nil {
				err = os.WriteFile(path, nil, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := confFolder(etc); got != etc+test.want {
			t.Errorf("confFolder(%q) = ETC%s; want ETC%s", test.files, strings.TrimPrefix(got, etc), test.want)
		}
	}
}
