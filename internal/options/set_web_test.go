package options

import (
	"reflect"
	"strings"
	"testing"
)

func TestWeb(t *testing.T) {
	for _, test := range []struct {
		line     string
		want     Web
		warnings string
	}{
		{"--statuspage 8021", Web{Page: &Bind{Port: 8021}}, ""},
		{"--statuspage ftp", Web{Page: &Bind{Port: 21}}, ""},
		{"--statuspage [::1]:0 --metrics status.example:9121", Web{Page: &Bind{Host: "::1"}, Metrics: &Bind{"status.example", 9121}}, ""},
		{"--statuspage 1 --statustoken /t --statusname A.example. --statusname b", Web{
			Page: &Bind{Port: 1}, TokenFile: "/t", Names: []string{"a.example", "b"},
		}, ""},
		{"--statustoken /t --statusname a", Web{TokenFile: "/t", Names: []string{"a"}},
			"StatusToken does nothing without StatusPage|StatusName does nothing without StatusPage"},
	} {
		o, err := Parse(append([]string{"pure-ftpd"}, strings.Fields(test.line)...), fakeEnv(nil))
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		if !reflect.DeepEqual(o.Web, test.want) {
			t.Errorf("%s gives %+v; want %+v", test.line, o.Web, test.want)
		}
		if got := strings.Join(o.Warnings, "|"); got != test.warnings {
			t.Errorf("%s warns %q; want %q", test.line, got, test.warnings)
		}
	}
}
