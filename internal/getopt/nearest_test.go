package getopt

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"ChrootEveryone", "MaxClientsNumber", "MaxClientsPerIP", "PureDB", "TLS", "Umask"}
	for _, test := range []struct{ name, want string }{
		{"ChrootEveryon", "ChrootEveryone"},
		{"chrooteveyrone", "ChrootEveryone"},
		{"ChrootEveryoneyes", "ChrootEveryone"},
		{"MaxClients", "MaxClientsNumber"},
		{"MaxClientNumber", "MaxClientsNumber"},
		{"PureDatabase", ""},
		{"UmaskS", "Umask"},
		{"TSL", "TLS"},
		{"x", ""},
		{"Banana", ""},
	} {
		if got := Nearest(test.name, names); got != test.want {
			t.Errorf("Nearest(%s) = %q; want %q", test.name, got, test.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "abc", 0}, {"abc", "", 3}, {"", "abc", 3},
		{"abc", "acb", 1}, {"kitten", "sitting", 3}, {"umask", "unmask", 1},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d; want %d", test.a, test.b, got, test.want)
		}
	}
}
