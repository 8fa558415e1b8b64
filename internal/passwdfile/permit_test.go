package passwdfile

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// hosts is a resolver over a table; a name that is not there does not exist, one with a nil entry
// cannot be asked for.
type hosts map[string][]netip.Addr

func (h hosts) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all, ok := h[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if all == nil {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	var found []netip.Addr
	for _, a := range all {
		if (network == "ip4") == a.Unmap().Is4() {
			found = append(found, a)
		}
	}
	return found, nil
}

func testHosts() hosts {
	a := netip.MustParseAddr
	return hosts{
		"localhost":   {a("127.0.0.1"), a("::1")},
		"two.example": {a("::ffff:192.0.2.1"), a("192.0.2.2"), a("2001:db8::2")},
		"down":        nil,
		"300.1.1.1":   {a("10.9.9.9")}, // never asked for
	}
}

// The table of the two lists, each row with what both say of one client.
func TestAllowAndDeny(t *testing.T) {
	for _, test := range []struct {
		allow, deny, client string
		want                bool
	}{
		{"", "", "10.0.0.1", true},
		{"", "10.0.0.1", "10.0.0.1", false},
		{"", "10.0.0.1", "10.0.0.2", true},
		{"10.0.0.1", "", "10.0.0.1", true},
		{"10.0.0.1", "", "10.0.0.2", false},
		{"10.0.0.0/8", "10.0.0.1", "10.0.0.1", false},
		{"10.0.0.0/8", "10.0.0.1", "10.0.0.2", true},
		{"10.0.0.0/8", "10.0.0.1", "11.0.0.2", false},

		{"10.1.2.3/8", "", "10.255.0.0", true}, // host bits do not matter
		{"10.0.0.1/32", "", "10.0.0.1", true}, {"10.0.0.1/32", "", "10.0.0.2", false},
		{"128.0.0.0/1", "", "192.0.2.1", true}, {"128.0.0.0/1", "", "10.0.0.1", false},
		{"1.1.1.1, 10.0.0.1 ,", "", "10.0.0.1", true},
		{"", ",,10.0.0.1", "10.0.0.1", false},
		{",", "", "10.0.0.1", false}, {"", ",", "10.0.0.1", true}, {" ", "", "10.0.0.1", false},

		{"10.0.0.1", "", "::ffff:10.0.0.1", true}, {"", "10.0.0.0/8", "::ffff:10.0.0.1", false},
		{"2001:db8::/32", "", "2001:db8::1", true}, {"2001:db8::/32", "", "2001:db9::1", false},
		{"::1", "", "::1", true}, {"", "fe80::/10", "fe80::1%eth0", false}, {"::ffff:10.0.0.0/104", "", "10.1.1.1", true},
		{"10.0.0.0/8", "", "::1", false}, {"", "10.0.0.0/8", "::1", true},

		{"localhost", "", "127.0.0.1", true}, {"localhost", "", "::1", true}, {"localhost", "", "10.0.0.1", false},
		{"two.example", "", "192.0.2.2", true}, {"", "two.example", "192.0.2.1", false},
		{"", "two.example", "2001:db8::2", false}, {"", "two.example", "10.0.0.1", true},
		{"nowhere,10.0.0.1", "", "10.0.0.1", true}, {"", "nowhere", "10.0.0.1", true},
		{"down,10.0.0.1", "", "10.0.0.1", true}, {"down", "", "10.0.0.1", false},
		{"", "down", "10.0.0.1", false}, {"", "down,10.0.0.2", "10.0.0.1", false},
	} {
		if got := permits(t, test.allow, test.deny, test.client); got != test.want {
			t.Errorf("allow %q, deny %q: %s permitted = %v; want %v", test.allow, test.deny, test.client, got, test.want)
		}
	}
}

// permits judges a client by the client lists, and checks that the local lists judge likewise.
func permits(t *testing.T, allow, deny, address string) bool {
	t.Helper()
	var r, other Record
	for _, p := range []struct {
		list *AddressList
		text string
	}{{&r.ClientAllow, allow}, {&r.ClientDeny, deny}, {&other.LocalAllow, allow}, {&other.LocalDeny, deny}} {
		if err := p.list.parse(p.text); err != nil {
			t.Fatal(err)
		}
	}
	a, none := netip.MustParseAddr(address), netip.MustParseAddr("192.0.2.99")
	client := r.Permit(t.Context(), Visit{Local: none, Client: a}, testHosts())
	local := other.Permit(t.Context(), Visit{Local: a, Client: none}, testHosts())
	if (client == nil) != (local == nil) {
		t.Errorf("allow %q, deny %q, %s: client lists say %v, local lists %v", allow, deny, address, client, local)
	}
	return client == nil
}

// What cannot be understood refuses, in either list, unless an item before it has decided.
func TestMalformedPatternFailsClosed(t *testing.T) {
	for _, item := range []string{
		"0.0.0.0/0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/255.0.0.0", "10.0.0.0/", "10.0.0.0/8abc", "10.0.0.0/08",
		"300.1.1.1", "10.0.0", "127.1", "2130706433", "0127.0.0.1", "10.0.0.1x", "10.0.0.1.2", "10.0.0.1.example.net",
		"0x7f000001", "0X7F.0x1", "10.0.0.1.", "+10.0.0.1", "two.example/24", "-x", "a b", "ex*mple", "::1%lo", "::/0",
		"::ffff:0.0.0.0/96", "::ffff:0.0.0.0/90", "2001:db8::/129", "[::1]",
	} {
		if permits(t, item+",10.9.9.9", "", "10.9.9.9") {
			t.Errorf("allow %q permits what stands after it", item)
		}
		if permits(t, "", item, "10.9.9.9") {
			t.Errorf("deny %q permits", item)
		}
		if !permits(t, "10.9.9.9,"+item, "", "10.9.9.9") {
			t.Errorf("allow list ending in %q refuses what stands before it", item)
		}
	}
}

func TestReasonNamesTheRule(t *testing.T) {
	r, err := ParseLine(full)
	if err != nil {
		t.Fatal(err)
	}
	a := netip.MustParseAddr
	good := Visit{Local: a("127.0.0.1"), Client: a("10.0.0.9"), Time: clock(12, 0)}
	if err := r.Permit(t.Context(), good, testHosts()); err != nil {
		t.Errorf("Permit = %v; want nil", err)
	}
	for _, test := range []struct {
		visit Visit
		want  string
	}{
		{Visit{a("10.0.0.1"), good.Client, good.Time}, "local address 10.0.0.1: not in the list of allowed"},
		{Visit{good.Local, a("200.0.0.1"), good.Time}, "client address 200.0.0.1: not in the list of allowed"},
		{Visit{good.Local, good.Client, clock(8, 59)}, "08:59 is outside the hours 0900-1800"},
		{Visit{netip.Addr{}, good.Client, good.Time}, "local address"},
	} {
		err := r.Permit(t.Context(), test.visit, testHosts())
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("Permit(%v) = %v; want %q", test.visit, err, test.want)
		}
	}
}

func TestResolverIsBoundedByTheContext(t *testing.T) {
	var r Record
	if err := r.ClientDeny.parse("two.example"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.Permit(ctx, Visit{Client: netip.MustParseAddr("10.0.0.1")}, testHosts())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Permit = %v; want context.Canceled", err)
	}
}

// FuzzAddressList checks that a list can be read to the end of any text, and that no text in a deny
// list lets in more than an empty one, nor any text in an allow list.
func FuzzAddressList(f *testing.F) {
	f.Add("127.0.0.1,192.168.0.0/16,localhost,down,x/1", "127.0.0.1")
	f.Add(",, ::1 ,::ffff:1.2.3.4/128", "::1")
	f.Fuzz(func(t *testing.T, text, address string) {
		a, err := netip.ParseAddr(address)
		if err != nil {
			return
		}
		var allow, deny Record
		_ = allow.ClientAllow.parse(text)
		_ = deny.ClientDeny.parse(text)
		visit := Visit{Local: a, Client: a}
		allowed := allow.Permit(t.Context(), visit, testHosts()) == nil
		denied := deny.Permit(t.Context(), visit, testHosts()) != nil
		if text != "" && allowed && !denied {
			t.Errorf("%q allows %s, yet does not deny it", text, address)
		}
	})
}
