package options

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The real Env reads real folders, links and files.
func TestSystem(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"conf", "auth"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{
		"conf/PureDB": "/a.pdb\n", "conf/Bind": ",ftp\n", "file.conf": "MaxIdleTime 3\n",
		"large.conf": strings.Repeat("#", maxFile+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../conf/PureDB", filepath.Join(dir, "auth", "30pure")); err != nil {
		t.Fatal(err)
	}
	o, err := Parse([]string{"pure-ftpd", dir}, System())
	if err != nil || o.BindPort != 21 || showLogin(o) != "puredb:/a.pdb" {
		t.Errorf("folder: %+v, %v; want port 21 and puredb", o, err)
	}
	o, err = Parse([]string{"pure-ftpd", filepath.Join(dir, "file.conf")}, System())
	if err != nil || showMaxIdle(o) != "3 minutes" {
		t.Errorf("file: %+v, %v; want three minutes", o, err)
	}
	_, err = Parse([]string{"pure-ftpd", filepath.Join(dir, "large.conf")}, System())
	if err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("large file: %v; want that it is too large", err)
	}
}
