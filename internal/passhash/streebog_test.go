package passhash

import (
	"encoding/hex"
	"strings"
	"testing"
)

// The examples of RFC 6986 and messages about the length of a block.
func TestStreebog(t *testing.T) {
	igor := "\xd1\xe5 \xe2\xe5\xf2\xf0\xe8, \xd1\xf2\xf0\xe8\xe1\xee\xe6\xe8 \xe2\xed\xf3\xf6\xe8, " +
		"\xe2\xe5\xfe\xf2\xfa \xf1 \xec\xee\xf0\xff \xf1\xf2\xf0\xe5\xeb\xe0\xec\xe8 " +
		"\xed\xe0 \xf5\xf0\xe0\xe1\xf0\xfb\xff \xef\xeb\xfa\xea\xfb " +
		"\xc8\xe3\xee\xf0\xe5\xe2\xfb"
	for _, test := range []struct{ message, want string }{
		{strings.Repeat("0123456789", 6) + "012", "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500"},
		{igor, "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50"},
		{"", "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb"},
		{"The quick brown fox jumps over the lazy dog", "3e7dea7f2384b6c5a3d0e24aaa29c05e89ddd762145030ec22c71a6db8b2c1f4"},
	} {
		h := newStreebog256()
		for piece := test.message; piece != ""; piece = piece[min(len(piece), 7):] {
			if n, err := h.Write([]byte(piece[:min(len(piece), 7)])); n != min(len(piece), 7) || err != nil {
				t.Fatalf("Write = %d, %v", n, err)
			}
			h.Sum(nil) // does not disturb
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != test.want {
			t.Errorf("sum of %q = %s; want %s", test.message, got, test.want)
		}
	}
}
