package passwdfile

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const full = "alice:$1$x$y:2001:2002:Alice A.:/srv/ftp/alice/./:20480:10240:1:3:4:100:5242880:" +
	"127.0.0.1,192.168.0.0/16:10.0.0.1:0.0.0.0/1:203.0.113.7,bad.example.net:900-1800"

func number(n uint64) Number { return Number{true, n} }

func TestParseLine(t *testing.T) {
	list := func(s string) (l AddressList) { _ = l.parse(s); return l }
	for _, test := range []struct {
		line string
		want Record
	}{
		{full, Record{
			Login: "alice", Hash: "$1$x$y", UID: 2001, GID: 2002, Gecos: "Alice A.", Home: "/srv/ftp/alice/./",
			UploadRate: number(20480), DownloadRate: number(10240), UploadRatio: number(1), DownloadRatio: number(3),
			MaxSessions: number(4), MaxFiles: number(100), MaxBytes: number(5242880),
			LocalAllow: list("127.0.0.1,192.168.0.0/16"), LocalDeny: list("10.0.0.1"),
			ClientAllow: list("0.0.0.0/1"), ClientDeny: list("203.0.113.7,bad.example.net"),
			Hours: Hours{true, 900, 1800},
		}},
		{"carol:h:4294967294:4294967294::/srv/./carol/sub::::::18446744073709551615:0:::::0-2359", Record{
			Login: "carol", Hash: "h", UID: 1<<32 - 2, GID: 1<<32 - 2, Home: "/srv/./carol/sub",
			MaxFiles: number(1<<64 - 1), MaxBytes: number(0), Hours: Hours{true, 0, 2359},
		}},
		{"joe:h:1:1::/x", Record{Login: "joe", Hash: "h", UID: 1, GID: 1, Home: "/x"}},
		{"joe:h:1:1::/x::::::::::::", Record{Login: "joe", Hash: "h", UID: 1, GID: 1, Home: "/x"}},
		{"joe:h: 2001:+2002::/x", Record{Login: "joe", Hash: "h", UID: 2001, GID: 2002, Home: "/x"}},
		{"üñï:h:1:1:Þ:/home/ü/./", Record{Login: "üñï", Hash: "h", UID: 1, GID: 1, Gecos: "Þ", Home: "/home/ü/./"}},
		{"j:h:1:1::/x:::::::::::::19:20:\n", Record{Login: "j", Hash: "h", UID: 1, GID: 1, Home: "/x"}},
	} {
		got, err := ParseLine(test.line)
		if err != nil || !reflect.DeepEqual(*got, test.want) {
			t.Errorf("ParseLine(%q) = %+v, %v; want %+v", test.line, got, err, test.want)
		}
	}
}

// A record that is cut short keeps the rules it has: the original drops them.
func TestCutRecordKeepsItsRules(t *testing.T) {
	r, err := ParseLine("joe:h:1:1::/x::::::::127.0.0.1")
	if err != nil || !r.LocalAllow.Set {
		t.Errorf("ParseLine = %+v, %v; want the allowed local addresses set", r, err)
	}
}

func TestParseNamesTheField(t *testing.T) {
	for _, test := range []struct {
		line  string
		field int
	}{
		{"", 1}, {":h:1:1::/x", 1}, {"joe", 2}, {"joe:", 2}, {"joe::1:1::/x", 2}, {"joe:h\x00:1:1::/x", 2},
		{"joe:h", 3}, {"joe:h::1::/x", 3}, {"joe:h:0:1::/x", 3}, {"joe:h:root:1::/x", 3}, {"joe:h:2001x:1::/x", 3},
		{"joe:h:-5:1::/x", 3}, {"joe:h:4294967295:1::/x", 3}, {"joe:h:4294967297:1::/x", 3}, {"joe:h:1 :1::/x", 3},
		{"joe:h:0x10:1::/x", 3}, {"joe:h:1_0:1::/x", 3}, {"joe:h:18446744073709551616:1::/x", 3},
		{"joe:h:1", 4}, {"joe:h:1:0::/x", 4}, {"joe:h:1:+::/x", 4},
		{"joe:h:1:1", 5}, {"joe:h:1:1:a\rb:/x", 5},
		{"joe:h:1:1:", 6}, {"joe:h:1:1::", 6}, {"joe:h:1:1::x", 6}, {"joe:h:1:1::./x", 6}, {"joe:h:1:1::/x\n", 6},
		{"joe:h:1:1::/x:a", 7}, {"joe:h:1:1::/x::1k", 8}, {"joe:h:1:1::/x:::-1", 9}, {"joe:h:1:1::/x::::1.5", 10},
		{"joe:h:1:1::/x:::::many", 11}, {"joe:h:1:1::/x::::::x", 12}, {"joe:h:1:1::/x:::::::1e3", 13},
		{"joe:h:1:1::/x:::::::::::\n", 17},
		{"joe:h:1:1::/x::::::::::::abc", 18}, {"joe:h:1:1::/x::::::::::::650", 18},
	} {
		r, err := ParseLine(test.line)
		e, ok := errors.AsType[*FieldError](err)
		if r != nil || !ok || e.Field != test.field || e.Name != fieldNames[test.field-1] {
			t.Errorf("ParseLine(%q) = %+v, %v; want an error of field %d", test.line, r, err, test.field)
		}
	}
}

func TestErrorDoesNotShowTheHash(t *testing.T) {
	_, err := ParseLine("joe:topsecret:x:1::/x")
	if err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("ParseLine = %v; want an error without the hash", err)
	}
}

func TestRates(t *testing.T) {
	unset := Number{}
	for _, test := range []struct {
		upload, download         Number
		wantUpload, wantDownload Number
	}{
		{unset, unset, unset, unset},
		{number(5), unset, number(5), unset},
		{number(5), number(0), number(5), unset},
		{unset, number(0), unset, unset},
		{number(0), number(0), number(0), number(0)}, // no bound
	} {
		up, down := (&Record{UploadRate: test.upload, DownloadRate: test.download}).Rates()
		if up != test.wantUpload || down != test.wantDownload {
			t.Errorf("Rates of %v, %v = %v, %v; want %v, %v",
				test.upload, test.download, up, down, test.wantUpload, test.wantDownload)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, test := range []struct {
		upload, download         Number
		wantUpload, wantDownload uint64
		wantOn                   bool
	}{
		{Number{}, Number{}, 0, 0, false},
		{number(0), number(3), 0, 0, false},
		{Number{}, number(3), 0, 0, false},
		{number(5), Number{}, 5, 0, true},
		{number(1), number(3), 1, 3, true},
	} {
		up, down, on := (&Record{UploadRatio: test.upload, DownloadRatio: test.download}).Ratio()
		if up != test.wantUpload || down != test.wantDownload || on != test.wantOn {
			t.Errorf("Ratio of %v, %v = %d, %d, %v", test.upload, test.download, up, down, on)
		}
	}
}

// FuzzParseLine checks that what is accepted is safe to act on.
func FuzzParseLine(f *testing.F) {
	f.Add(full)
	f.Add("joe:h:1:1::/x")
	f.Add("joe:h:4294967294: +7::/x/./y::::::::127.0.0.1,a/b::::2200-600:x")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := ParseLine(line)
		if err != nil {
			if _, ok := errors.AsType[*FieldError](err); !ok || r != nil {
				t.Errorf("ParseLine(%q) = %v, %v; want only a *FieldError", line, r, err)
			}
			return
		}
		if r.Login == "" || r.Hash == "" || r.UID == 0 || r.GID == 0 || r.UID == 1<<32-1 || r.GID == 1<<32-1 ||
			r.Home[0] != '/' || strings.Contains(line[:len(r.Login)], ":") {
			t.Errorf("ParseLine(%q) = %+v", line, r)
		}
		fields := strings.Split(line, ":")
		for i, l := range []AddressList{r.LocalAllow, r.LocalDeny, r.ClientAllow, r.ClientDeny} {
			if at := 13 + i; l.Set != (at < len(fields) && fields[at] != "") {
				t.Errorf("ParseLine(%q): list %d is lost", line, at+1)
			}
		}
	})
}
