package ftp

import (
	"errors"
	"net/netip"
	"testing"
)

func TestParsePort(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"127,0,0,1,4,1", "127.0.0.1:1025"},
		{"127, 0, 0, 1, 4, 1 junk", "127.0.0.1:1025"},
		{"192,0,2,255,255,255", "192.0.2.255:65535"},
	} {
		got, err := ParsePort(test.arg)
		if err != nil || got.String() != test.want {
			t.Errorf("ParsePort(%q) = %v, %v; want %v", test.arg, got, err, test.want)
		}
	}
	for _, arg := range []string{"", "1,2,3,4,5", "256,0,0,1,4,1", "127,0,0,1,0,0", "0,0,0,0,4,1", "-1,0,0,1,4,1", "a,b,c,d,e,f"} {
		if got, err := ParsePort(arg); !errors.Is(err, ErrAddress) {
			t.Errorf("ParsePort(%q) = %v, %v; want ErrAddress", arg, got, err)
		}
	}
}

func TestParseExtPort(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"|1|127.0.0.1|1025|", "127.0.0.1:1025"},
		{"!1!127,0,0,1!1025!", "127.0.0.1:1025"},
		{"|2|::1|1025|", "[::1]:1025"},
	} {
		got, err := ParseExtPort(test.arg)
		if err != nil || got.String() != test.want {
			t.Errorf("ParseExtPort(%q) = %v, %v; want %v", test.arg, got, err, test.want)
		}
	}
	for arg, want := range map[string]error{
		"":                          ErrAddress,
		"|3|x|1025|":                ErrFamily,
		"|1|127.0.0.1|1025":         ErrAddress,
		"|1|::1|1025|":              ErrAddress,
		"|2|127.0.0.1|1025|":        ErrAddress,
		"|2|::ffff:127.0.0.1|1025|": ErrAddress,
		"|2|fe80::1%eth0|1025|":     ErrAddress,
		"|1|127.0.0.1|0|":           ErrAddress,
		"|1|127.0.0.1|65536|":       ErrAddress,
		"||127.0.0.1|1025|":         ErrAddress,
	} {
		if got, err := ParseExtPort(arg); !errors.Is(err, want) {
			t.Errorf("ParseExtPort(%q) = %v, %v; want %v", arg, got, err, want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("127,0,0,1,4,1")
	f.Add("|2|::1|1025|")
	f.Fuzz(func(t *testing.T, arg string) {
		if ap, err := ParsePort(arg); err == nil {
			text := string(AppendPort(nil, ap.Addr(), ap.Port()))
			if again, err := ParsePort(text); again != ap || err != nil {
				t.Errorf("ParsePort(%q) = %v, which is written %q and read as %v, %v", arg, ap, text, again, err)
			}
		}
		if ap, err := ParseExtPort(arg); err == nil {
			text := FormatExtended(ap)
			if again, err := ParseExtPort(text); again != ap || err != nil {
				t.Errorf("ParseExtPort(%q) = %v, which is written %q and read as %v, %v", arg, ap, text, again, err)
			}
		}
	})
}

func TestAppendPort(t *testing.T) {
	if got := string(AppendPort(nil, netip.MustParseAddr("192.0.2.1"), 0x1234)); got != "192,0,2,1,18,52" {
		t.Errorf("AppendPort = %q", got)
	}
}
