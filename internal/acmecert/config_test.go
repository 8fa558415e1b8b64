package acmecert

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"ftp.example.com": "", "a": "", "xn--bcher-kva.example": "", "1.example": "",
		"":                                    "is not the name of a host",
		"192.0.2.1":                           "is an address",
		"::1":                                 "is an address",
		"*.example.com":                       "is a wildcard",
		"bücher.example":                      "xn--",
		"FTP.example.com":                     "is not the name of a host", // options make it lower case
		"a..b":                                "is not the name of a host",
		"-a.b":                                "is not the name of a host",
		"a/b":                                 "is not the name of a host",
		"..":                                  "is not the name of a host",
		"a\nb":                                "is not the name of a host",
		strings.Repeat("a", 64) + ".b":        "is not the name of a host",
		strings.Repeat("a.", 130) + "example": "longer than 253",
	} {
		err := CheckName(name)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("CheckName(%q) = %v; want %q", name, err, want)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	good := Config{Names: []string{"ftp.example.com"}, Storage: "/s", Agreed: true}
	if err := good.Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
	err := Config{Names: []string{"*.a"}, Storage: "s", Directory: "http://ca/d", Way: Webroot, Webroot: "w"}.Check()
	for _, want := range []string{"wildcard", `"s" is not an absolute`, "https URL", `"w" is not an absolute`, "terms of service"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check = %v; want %q among the faults", err, want)
		}
	}
}

// TestFile holds the paths, for a file that is not found again is a certificate that is asked for again.
func TestFile(t *testing.T) {
	for directory, want := range map[string]string{
		"":                              "/s/acme-v02.api.letsencrypt.org-directory/a.example.pem",
		"https://CA.example:14000/../x": "/s/ca.example-14000-..-x/a.example.pem",
	} {
		c := Config{Names: []string{"a.example", "b.example"}, Storage: "/s", Directory: directory}
		if got := c.File(); got != want {
			t.Errorf("File with %q = %s; want %s", directory, got, want)
		}
	}
}
