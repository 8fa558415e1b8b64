package listing

import "time"

const secondsPerDay = 24 * 60 * 60

// recentAge is how old a file may be for its time of day to be shown; before that it is the year.
const recentAge = 180 * secondsPerDay

// Times are held to the years a line has room for, 0001 to 9999.
const (
	minTime = -62135596800
	maxTime = 253402300799
)

// months are the months' names in long lines.
const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// A day is the text of one day, made once: most files of a directory share few days.
type day struct {
	number int64 // days since 1970
	known  bool
	short  [7]byte // "Jan  2 "
	year   [5]byte // " 2020"
	digits [8]byte // "20200102"
}

// turn makes d the given day.
func (d *day) turn(number int64) {
	if d.known && d.number == number {
		return
	}
	d.known, d.number = true, number
	year, month, date := time.Unix(number*secondsPerDay, 0).UTC().Date()
	name := months[3*(int(month)-1):][:3]
	d.short = [7]byte{name[0], name[1], name[2], ' ', ' ', byte('0' + date%10), ' '}
	if date >= 10 {
		d.short[4] = byte('0' + date/10)
	}
	d.year[0] = ' '
	putTwo(d.year[1:], year/100)
	putTwo(d.year[3:], year%100)
	copy(d.digits[:], d.year[1:])
	putTwo(d.digits[4:], int(month))
	putTwo(d.digits[6:], date)
}

// A zoneSpan is a stretch of time, in seconds since 1970, with one offset from UTC.
type zoneSpan struct{ start, end, offset int64 }

// maxSpans is how many spans are remembered: eight years of summer and winter time.
const maxSpans = 16

// A clock writes times in one place on earth. It asks the time zone only when a time lies outside
// the spans it knows.
type clock struct {
	location *time.Location
	now      int64
	day      day
	spans    []zoneSpan
	last     zoneSpan
}

// offset is how many seconds local time is ahead of UTC at t.
func (c *clock) offset(t int64) int64 {
	if c.last.start <= t && t < c.last.end {
		return c.last.offset
	}
	for _, span := range c.spans {
		if span.start <= t && t < span.end {
			c.last = span
			return span.offset
		}
	}
	at := time.Unix(t, 0).In(c.location)
	_, offset := at.Zone()
	c.last = zoneSpan{start: minTime, end: maxTime + 1, offset: int64(offset)}
	start, end := at.ZoneBounds()
	if !start.IsZero() {
		c.last.start = start.Unix()
	}
	if !end.IsZero() {
		c.last.end = end.Unix()
	}
	if len(c.spans) == maxSpans {
		c.spans = c.spans[:0]
	}
	c.spans = append(c.spans, c.last)
	return c.last.offset
}

// appendShort appends the three fields of a long line: "Jan  2 15:04", or "Jan  2  2020" for files
// older than half a year.
func (c *clock) appendShort(b []byte, t int64) []byte {
	t = min(max(t, minTime), maxTime)
	local := min(max(t+c.offset(t), minTime), maxTime)
	number, second := split(local)
	c.day.turn(number)
	b = append(b, c.day.short[:]...)
	if c.now-t > recentAge {
		return append(b, c.day.year[:]...)
	}
	clock := [5]byte{2: ':'}
	putTwo(clock[0:], second/3600)
	putTwo(clock[3:], second/60%60)
	return append(b, clock[:]...)
}

// appendStamp appends the time of an MLSx fact, YYYYMMDDHHMMSS in UTC (RFC 3659, 2.3).
func (d *day) appendStamp(b []byte, t int64) []byte {
	number, second := split(min(max(t, minTime), maxTime))
	d.turn(number)
	b = append(b, d.digits[:]...)
	var digits [6]byte
	putTwo(digits[0:], second/3600)
	putTwo(digits[2:], second/60%60)
	putTwo(digits[4:], second%60)
	return append(b, digits[:]...)
}

// split divides a time into the day and the second of the day.
func split(t int64) (day int64, second int) {
	day, rest := t/secondsPerDay, t%secondsPerDay
	if rest < 0 {
		day, rest = day-1, rest+secondsPerDay
	}
	return day, int(rest)
}

// putTwo writes n, 0 to 99, with two digits.
func putTwo(b []byte, n int) { b[0], b[1] = byte('0'+n/10), byte('0'+n%10) }
