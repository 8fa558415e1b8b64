package passhash

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
)

// load returns a file's lines, each cut into fields.
func load(t testing.TB, name, separator string) [][]string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), separator))
	}
	return lines
}

// The accounts of the specification's vectors: the password of all is "secret".
func TestEveryScheme(t *testing.T) {
	refused := map[string]error{
		"u_clear": ErrMalformed, "u_star": ErrMalformed, "u_bang": ErrMalformed, "u_star0": ErrMalformed,
	}
	v := New(Config{DES: true})
	for _, fields := range load(t, "testdata/hashes.passwd", ":") {
		user, stored := fields[0], fields[1]
		for _, test := range []struct {
			password string
			want     bool
		}{{"secret", true}, {"Secret", false}, {"", false}, {stored, false}} {
			if _, h, err := parse(stored); err == nil && h.cost().places > 0 && test.password == "" {
				continue // two wrong passwords are enough of the expensive ones
			}
			want := test.want && refused[user] == nil
			got, err := v.Verify(t.Context(), stored, test.password)
			if got != want || !errors.Is(err, refused[user]) {
				t.Errorf("%s: Verify(%q) = %v, %v; want %v, %v", user, test.password, got, err, want, refused[user])
			}
		}
		if err := v.Check(stored); !errors.Is(err, refused[user]) {
			t.Errorf("%s: Check = %v; want %v", user, err, refused[user])
		}
	}
}

// Unusual passwords and salts, hashed by libxcrypt: each line is a password in hexadecimal digits
// and its hash.
func TestAgreesWithLibxcrypt(t *testing.T) {
	v := New(Config{DES: true})
	for _, fields := range load(t, "testdata/crypt.tsv", "\t") {
		raw, err := hex.DecodeString(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		password, stored := string(raw), fields[1]
		if ok, err := v.Verify(t.Context(), stored, password); !ok || err != nil {
			t.Errorf("Verify(%q, %.20q) = %v, %v; want true", stored, password, ok, err)
		}
		if len(password) > 100 {
			continue // long ones take their time
		}
		if ok, err := v.Verify(t.Context(), stored, "!"+password); ok || err != nil {
			t.Errorf("Verify(%q, %.20q) = %v, %v; want false", stored, "!"+password, ok, err)
		}
	}
}

func TestSchemeIsNamed(t *testing.T) {
	for stored, want := range map[string]string{
		"_J9..gjBnD.NDXOtQfa6":            "BSDi extended DES (the option --despasswords",
		"Fl59EP5b.LMeQ":                   "DES (the option --despasswords",
		"$argon2d$v=19$m=64,t=2,p=1$a$b":  "Argon2d",
		"$argon2id$v=16$m=64,t=2,p=1$a$b": "v=16",
		"$2$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW": "bcrypt before",
	} {
		if _, err := New(Config{}).Verify(t.Context(), stored, "secret"); !errors.Is(err, ErrScheme) ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("Verify(%q) = %v; want ErrScheme naming %q", stored, err, want)
		}
	}
}

func TestDESMustBeAllowed(t *testing.T) {
	for _, stored := range []string{"_J9..gjBnD.NDXOtQfa6", "Fl59EP5b.LMeQ"} {
		if ok, err := New(Config{}).Verify(t.Context(), stored, "secret"); ok || !errors.Is(err, ErrScheme) {
			t.Errorf("Verify(%q) = %v, %v; want ErrScheme", stored, ok, err)
		}
		if err := New(Config{}).Check(stored); !errors.Is(err, ErrScheme) {
			t.Errorf("Check(%q) = %v; want ErrScheme", stored, err)
		}
		if err := New(Config{DES: true}).Check(stored); err != nil {
			t.Errorf("Check(%q), DES allowed = %v; want nil", stored, err)
		}
	}
}

// All of libxcrypt's hashes and those of the specification's vectors.
func TestLegacy(t *testing.T) {
	stored := []string{"", "*", "!$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/", "$1$", "secret"}
	for _, fields := range load(t, "testdata/crypt.tsv", "\t") {
		stored = append(stored, fields[1])
	}
	for _, fields := range load(t, "testdata/hashes.passwd", ":") {
		stored = append(stored, fields[1])
	}
	for _, hash := range stored {
		want := ""
		if New(Config{DES: true}).Check(hash) == nil {
			switch scheme, _, _ := strings.Cut(strings.TrimPrefix(hash, "$"), "$"); {
			case strings.HasPrefix(hash, "_"):
				want = "BSDi extended DES"
			case hash[0] != '$':
				want = "DES"
			case strings.HasPrefix(scheme, "md5"):
				want = "SunMD5"
			default:
				want = map[string]string{"1": "MD5-crypt", "sha1": "SHA1-crypt", "3": "NT", "2x": "bcrypt $2x$"}[scheme]
			}
		}
		if got := Legacy(hash); got != want {
			t.Errorf("Legacy(%q) = %q; want %q", hash, got, want)
		}
	}
}

func TestMalformedNeverMatches(t *testing.T) {
	const md5, bcrypt = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/", "$2b$05$5tpLMLyppOww/anbh05ngu9R/BJNaZxORoFiBFzL1r5E4.jnOuCoO"
	const argon = "$argon2id$v=19$m=64,t=2,p=1$23HOWxmcurnawWrLCPddQg$XU6/x4yOrQA6e7pRz9BgY4VUI5V9+1Jxha75gpUF0ME"
	const sha = "$5$3aqQxnhmtFDkFDe5$xlY61j2aLXTGNbGYxlRXchkRocCVoj9Fb2Awp5PsO15"
	const yes = "$y$j75$ytnyuVQ9TjKLAd0Ww1laK1$U/9.lV5swJ8gJKL2dEf..ZL8W/ILZhDgvHKmRvX0UQA"
	const scrypt = "$7$BU..../....cn3nUKEZAMqBJzchxf0XU0$3ybvPNW9ZU6HpcP3JY.lGw1h/FhYzHDqGHzv.s5vGQC"
	const sun = "$md5,rounds=5$abcdefgh$$DNnUTx0178KyV8yEt9FIl/"
	change := strings.Replace
	for _, stored := range []string{
		"", "x", "secret", "$", "$$", "!" + md5, "*" + md5, md5 + "x", md5[:len(md5)-1], md5 + "$", "$1$", "$1$$",
		change(md5, "SBQ56/ff", "SBQ56/fff", 1), " " + md5, md5 + " ",
		bcrypt + "x", bcrypt[:59], change(bcrypt, "05", "03", 1), change(bcrypt, "05", "5$", 1), change(bcrypt, "t", "*", 1),
		change(argon, "m=64", "m=4", 1), change(argon, "m=64", "m=064", 1), change(argon, "t=2", "t=0", 1),
		change(argon, "p=1", "p=0", 1), change(argon, "p=1", "p=256", 1), change(argon, "p=1", "p=9", 1),
		change(argon, "m=64,", "", 1), change(argon, "m=64", "m=+64", 1), change(argon, "m=64", "m=4294967296", 1),
		change(argon, "$23HOWxmcurnawWrLCPddQg$", "$$", 1), argon + "=", argon + "$", argon[:80],
		change(sha, "3aqQ", "rounds=999$3aqQ", 1), change(sha, "3aqQ", "rounds=$3aqQ", 1),
		change(sha, "3aqQ", "rounds=01000$3aqQ", 1), change(sha, "3aqQ", "3aqQ0", 1), change(sha, "$5$", "$6$", 1),
		yes + "x", yes + "$", change(yes, "yt", "y", 1), "$y$j75$$", "$y$",
		scrypt + "x", change(scrypt, "BU..../....", ".U..../....", 1), change(scrypt, "U....", ".....", 1),
		change(scrypt, "U....", "U...!", 1), "$7$BU..../...$" + scrypt[len(scrypt)-43:],
		"$sha1$786$dOefs5IwOEBkb8zA2.wg$KbAwSwh.dKR9fCEVlFdWchcRkjn", "$sha1$$a$" + strings.Repeat("a", 28),
		"_J9..gjBnD.NDXOtQfa", "_J9..gjBnD.NDXOtQfa!", "Fl59EP5b.LMe!", "Fl59EP5b.LMe", "Fl59EP5b.LMeQQ",
		"$3$878d8014606cda29677a44efa1353fc7", "$3$$878d8014606cda29677a44efa1353fc",
		"$3$$878D8014606CDA29677A44EFA1353FC7",
		"$3$x$878d8014606cda29677a44efa1353fc7", change(yes, "$y$", "$gy$", 1) + "$", "$gy$j75$$",
		change(sun, "rounds=5", "rounds=05", 1), change(sun, "rounds=5", "rounds=0", 1), change(sun, "rounds=5", "", 1),
		change(sun, ",rounds=5", "x", 1), change(sun, "5$", "5", 1), change(sun, "$$", "$$$", 1),
		change(sun, "abcdefgh", "abc!efgh", 1), change(sun, "rounds=5", "rounds=1000000000", 1), sun[:len(sun)-1],
		change(sun, "abcdefgh", strings.Repeat("a", 384), 1), "$md5", "$md5$", "$md5$$",
		change(bcrypt, "$2b$05", "$2x$3", 1), change(bcrypt, "05", "32", 1), "$2x$", "$2b$05$",
	} {
		if ok, err := New(Config{DES: true}).Verify(t.Context(), stored, "secret"); ok || !errors.Is(err, ErrMalformed) {
			t.Errorf("Verify(%q) = %v, %v; want ErrMalformed", stored, ok, err)
		}
	}
}

func TestPasswordLength(t *testing.T) {
	// The MD5-crypt hash of 511 bytes is among libxcrypt's; one byte more is never tried.
	for _, fields := range load(t, "testdata/crypt.tsv", "\t") {
		raw, err := hex.DecodeString(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) != MaxPassword-1 || !strings.HasPrefix(fields[1], "$2") {
			continue // bcrypt cuts at 72: the longer password would match
		}
		if ok, err := New(Config{}).Verify(t.Context(), fields[1], string(raw)+"x"); ok || err != nil {
			t.Errorf("Verify of %d bytes = %v, %v; want false", len(raw)+1, ok, err)
		}
	}
}

// DES fills a short password up with zeros, so one with zeros behind it would do as well.
func TestZeroByteNeverMatches(t *testing.T) {
	for _, stored := range []string{"Fl59EP5b.LMeQ", "_J9..gjBnD.NDXOtQfa6", "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/"} {
		if ok, err := New(Config{DES: true}).Verify(t.Context(), stored, "secret\x00"); ok || err != nil {
			t.Errorf("Verify(%q, \"secret\\x00\") = %v, %v; want false", stored, ok, err)
		}
	}
}

func TestBudgetIsEnforced(t *testing.T) {
	small := New(Config{Memory: 16 << 20})
	for _, stored := range []string{
		"$argon2id$v=19$m=65536,t=1,p=1$ASEmCU36R2Y74QR/Squ1JQ$kV9fibZv+uf8Z8JC52uta/zoI38Gns/UXZ5lNR1D2M8",
		"$7$BU..../....cn3nUKEZAMqBJzchxf0XU0$3ybvPNW9ZU6HpcP3JY.lGw1h/FhYzHDqGHzv.s5vGQC",
		"$7$zU..../....cn3nUKEZAMqBJzchxf0XU0$3ybvPNW9ZU6HpcP3JY.lGw1h/FhYzHDqGHzv.s5vGQC",
		"$y$jFT$X9V6.00nSR/RilAZgu52j1$bpqgw3MnhyM8JCYxA/4JU0p7sKX9TouvAleWtEedhZC",
		"$gy$jFT$X9V6.00nSR/RilAZgu52j1$bpqgw3MnhyM8JCYxA/4JU0p7sKX9TouvAleWtEedhZC",
	} {
		if _, err := small.Verify(t.Context(), stored, "secret"); !errors.Is(err, ErrBudget) {
			t.Errorf("Verify(%q) = %v; want ErrBudget", stored, err)
		}
		if err := small.Check(stored); !errors.Is(err, ErrBudget) {
			t.Errorf("Check(%q) = %v; want ErrBudget", stored, err)
		}
	}
}

func TestCancelledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New(Config{}).Verify(ctx, "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/", "secret")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v; want context.Canceled", err)
	}
}

func TestCost(t *testing.T) {
	for stored, want := range map[string]cost{
		"$argon2id$v=19$m=8,t=1,p=1$ASEmCU36R2Y74QR/Squ1JQ$kV9fibZv+uf8Z8JC52uta/zoI38Gns/UXZ5lNR1D2M8":       {8 << 10, 0},
		"$argon2id$v=19$m=8192,t=1023,p=1$ASEmCU36R2Y74QR/Squ1JQ$kV9fibZv+uf8Z8JC52uta/zoI38Gns/UXZ5lNR1D2M8": {8 << 20, 1},
		"$7$BU..../....cn3nUKEZAMqBJzchxf0XU0$3ybvPNW9ZU6HpcP3JY.lGw1h/FhYzHDqGHzv.s5vGQC":                    {128 * 32 * (8192 + 3), 1},
		"$y$j9T$X9V6.00nSR/RilAZgu52j1$bpqgw3MnhyM8JCYxA/4JU0p7sKX9TouvAleWtEedhZC":                           {128*32*4096 + 16<<10, 1},
		"$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/":                                                                  {0, 0},
		"$5$rounds=100000$3aqQxnhmtFDkFDe5$xlY61j2aLXTGNbGYxlRXchkRocCVoj9Fb2Awp5PsO15":                       {0, 1},
		"$md5$abcdefgh$$TFWU.dlIfuoAjNld5IaX3.":                                                               {0, 1},
		"$3$$878d8014606cda29677a44efa1353fc7":                                                                {0, 0},
		"Fl59EP5b.LMeQ":                                                                                       {0, 0},
		"_J9..gjBnD.NDXOtQfa6":                                                                                {0, 0},
		"_zz..abcdmJHbhu3MbU2":                                                                                {0, 0},
		"_zzz.abcdmJHbhu3MbU2":                                                                                {0, 1},
		"$gy$j9T$X9V6.00nSR/RilAZgu52j1$bpqgw3MnhyM8JCYxA/4JU0p7sKX9TouvAleWtEedhZC":                          {128*32*4096 + 16<<10, 1},
		"$2x$05$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW":                                        {8 << 10, 1},
	} {
		_, h, err := parse(stored)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.cost(); got != want {
			t.Errorf("cost of %q = %v; want %v", stored, got, want)
		}
	}
}

// FuzzParse checks that a stored hash of any form is either taken apart, with a cost that can be
// accounted, or refused with a named error.
func FuzzParse(f *testing.F) {
	for _, fields := range load(f, "testdata/hashes.passwd", ":") {
		f.Add(fields[1])
	}
	f.Fuzz(func(t *testing.T, stored string) {
		_, h, err := parse(stored)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrScheme) && !errors.Is(err, ErrBudget) {
				t.Errorf("parse(%q): error of no class: %v", stored, err)
			}
			return
		}
		if c := h.cost(); c.memory < 0 || c.places < 0 || c.places > 1 {
			t.Errorf("cost of %q = %+v", stored, c)
		}
		// A cheap one is computed as well: it must not panic, and "secret" does not fit by chance.
		if c := h.cost(); c.places == 0 && c.memory <= cheapMemory {
			if want, got, err := h.compute([]byte("secre")); err == nil && string(want) == string(got) {
				t.Errorf("compute(%q) matches a wrong password", stored)
			}
		}
	})
}

// FuzzSchemes checks of each parser that it accepts nothing with a character behind it, and that what
// it does accept has a cost that can be accounted.
func FuzzSchemes(f *testing.F) {
	for _, fields := range load(f, "testdata/hashes.passwd", ":") {
		for i, s := range schemes {
			if rest, ok := strings.CutPrefix(fields[1], s.prefix); ok {
				f.Add(uint(i), rest)
				break
			}
		}
	}
	f.Fuzz(func(t *testing.T, i uint, rest string) {
		s := schemes[i%uint(len(schemes))]
		if s.parse == nil {
			return
		}
		h, err := s.parse(rest)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrScheme) && !errors.Is(err, ErrBudget) {
				t.Errorf("%s %q: error of no class: %v", s.name, rest, err)
			}
			return
		}
		if c := h.cost(); c.memory < 0 || c.places < 0 || c.places > 1 {
			t.Errorf("%s %q: cost %+v", s.name, rest, c)
		}
		if _, err := s.parse(rest + "!"); err == nil {
			t.Errorf("%s accepts %q", s.name, rest+"!")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := New(Config{})
	for name, stored := range map[string]string{
		"argon2id-8KiB": "$argon2id$v=19$m=8,t=1,p=1$ASEmCU36R2Y74QR/Squ1JQ$kV9fibZv+uf8Z8JC52uta/zoI38Gns/UXZ5lNR1D2M8",
		"md5":           "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/",
		"sha512":        "$6$ebwTErHNxc3qzdbT$8LZSB.LSdXb3jSOhDcxkT5yb0LRhrQ.uVUFzQr.G.6Kza0LztfInsaYIqw2iqQRt/Pfh9O5C7bDbWywy5bexZ/",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), stored, "secret"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
