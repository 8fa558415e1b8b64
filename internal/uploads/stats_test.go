package uploads

import "testing"

// TestStats follows events from memory to the spool and the reader.
func TestStats(t *testing.T) {
	p := newPost(t)
	c := p.open()
	if got := c.Stats(); got != (Stats{}) {
		t.Errorf("at first: %+v", got)
	}
	announce(c, 0, 5)
	p.await("the spool", func() bool { return p.spooled() == 5 })
	want := int64(5 * len("\x02ann\x01/0\x00"))
	if got := c.Stats(); got.Spooled != want || got.Memory != 0 || got.Told != 0 {
		t.Errorf("without a reader: %+v; want %d bytes on disk", got, want)
	}
	l := p.listen()
	l.hears(0, 5)
	p.await("an empty spool", func() bool { return c.Stats() == Stats{Told: 5} })
	p.close(c)
	if got := c.Stats(); got.Spooled != 0 || got.Told != 5 {
		t.Errorf("after the end: %+v", got)
	}
}
