package listing

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/ftp"
)

func TestAppendFacts(t *testing.T) {
	now := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	format := newLineFormat(&Config{
		Now:      func() time.Time { return now },
		Location: time.UTC,
		OwnerName: func(id uint32) string {
			return map[uint32]string{1: "averyverylongname", 2: "bob"}[id]
		},
	})
	day := int64(secondsPerDay)
	base := ftp.Facts{Mode: ftp.ModeRegular | 0o644, Nlink: 1, UID: 2, GID: 2, Size: 6, ModTime: now.Unix()}
	for _, test := range []struct {
		change func(f *ftp.Facts)
		want   string
	}{
		{func(*ftp.Facts) {}, "-rw-r--r--    1 bob        2                   6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.UID, f.GID = 1, 3 }, "-rw-r--r--    1 averyveryl 3                   6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.UID, f.GID = 4e9, math.MaxUint32 }, "-rw-r--r--    1 -294967296 -1                  6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.UID = 3e9 }, "-rw-r--r--    1 3000000000 2                   6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.Size = 9_999_999_999 }, "-rw-r--r--    1 bob        2          9999999999 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.Size = 10_000_000_000 }, "-rw-r--r--    1 bob        2                 10000000000 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.Nlink = 12345 }, "-rw-r--r-- 12345 bob        2                   6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.Mode = ftp.ModeDir | 0o7777 }, "drwsrwsrwt    1 bob        2                   6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.Mode = ftp.ModeSymlink | 0o7000 }, "l--S--S--T    1 bob        2                   6 Feb 29 12:00 "},
		{func(f *ftp.Facts) { f.ModTime -= 180 * day }, "-rw-r--r--    1 bob        2                   6 Sep  2 12:00 "},
		{func(f *ftp.Facts) { f.ModTime -= 180*day + 1 }, "-rw-r--r--    1 bob        2                   6 Sep  2  2023 "},
		{func(f *ftp.Facts) { f.ModTime += 1000 * day }, "-rw-r--r--    1 bob        2                   6 Nov 25 12:00 "},
		{func(f *ftp.Facts) { f.ModTime = -1 }, "-rw-r--r--    1 bob        2                   6 Dec 31  1969 "},
		{func(f *ftp.Facts) { f.ModTime = math.MinInt64 }, "-rw-r--r--    1 bob        2                   6 Jan  1  0001 "},
		{func(f *ftp.Facts) { f.ModTime = math.MaxInt64 }, "-rw-r--r--    1 bob        2                   6 Dec 31 23:59 "},
	} {
		f := base
		test.change(&f)
		if got := string(format.appendFacts(nil, &f)); got != test.want {
			t.Errorf("appendFacts(%+v)\n= %q; want\n  %q", f, got, test.want)
		}
	}
}

// TestIDColumnForgets looks at more owners than are remembered.
func TestIDColumnForgets(t *testing.T) {
	column := idColumn{lookup: func(id uint32) string { return fmt.Sprint("u", id) }}
	for id := range uint32(2*maxNames + 1) {
		if got, want := string(column.text(id)), fmt.Sprintf("%-10s ", fmt.Sprint("u", id)); got != want {
			t.Fatalf("text(%d) = %q; want %q", id, got, want)
		}
		if len(column.seen) > maxNames {
			t.Fatalf("%d names remembered", len(column.seen))
		}
	}
}

// FuzzLine checks that lines have their columns whatever the facts are, and that a remembered
// column is the one a new format would make.
func FuzzLine(f *testing.F) {
	f.Add(uint32(0o100644), uint32(1), uint32(1000), uint32(1000), int64(6), int64(1577934245))
	f.Add(uint32(0o041777), uint32(math.MaxUint32), uint32(1<<31), uint32(4e9), int64(math.MaxInt64), int64(math.MinInt64))
	format := newLineFormat(&Config{Now: time.Now, Location: time.UTC})
	f.Fuzz(func(t *testing.T, mode, links, uid, gid uint32, size, modified int64) {
		facts := ftp.Facts{Mode: mode, Nlink: links, UID: uid, GID: gid, Size: size, ModTime: modified}
		got := string(format.appendFacts(nil, &facts))
		if len(got) < 62 || len(got) > 62+9+6 || hasControl(got) {
			t.Errorf("line %q has %d bytes", got, len(got))
		}
		fresh := newLineFormat(&Config{Now: time.Now, Location: time.UTC})
		if want := string(fresh.appendFacts(nil, &facts)); got != want {
			t.Errorf("line %q; a new format writes %q", got, want)
		}
		format := factFormat{}
		line := string(format.append(nil, []byte("name"), &facts, ""))
		if strings.Count(line, ";") != 7 || !strings.HasSuffix(line, "; name") {
			t.Errorf("facts %q", line)
		}
	})
}

// FuzzClock compares the clock with package time in places with odd rules.
func FuzzClock(f *testing.F) {
	var clocks []clock
	for _, name := range []string{"UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"} {
		location, err := time.LoadLocation(name)
		if err != nil {
			f.Fatal(err)
		}
		clocks = append(clocks, clock{location: location, now: 1_790_000_000})
	}
	for _, t := range []int64{0, -1, 1_790_000_000, 1_792_890_000, 1_792_889_999, 1_774_745_999, 1_774_746_000, -1 << 40, 1 << 40} {
		f.Add(t)
	}
	f.Fuzz(func(t *testing.T, at int64) {
		at %= maxTime - 2*secondsPerDay // beyond it times are clamped
		if at < minTime+2*secondsPerDay {
			return
		}
		for i := range clocks {
			c := &clocks[i]
			layout := "Jan _2 15:04"
			if c.now-at > recentAge {
				layout = "Jan _2  2006"
			}
			local := time.Unix(at, 0).In(c.location)
			if got, want := string(c.appendShort(nil, at)), local.Format(layout); got != want {
				t.Errorf("%v in %v: %q; want %q", at, c.location, got, want)
			}
			if len(c.spans) > maxSpans {
				t.Errorf("%d spans remembered", len(c.spans))
			}
		}
		var utc day
		if got, want := string(utc.appendStamp(nil, at)), time.Unix(at, 0).UTC().Format(ftp.TimeLayout); got != want {
			t.Errorf("stamp of %v: %q; want %q", at, got, want)
		}
	})
}
