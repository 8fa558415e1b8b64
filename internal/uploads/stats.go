package uploads

// Stats are the counters of a Courier.
type Stats struct {
	Memory  int    // events that wait in memory
	Spooled int64  // bytes of events that wait on disk, those of other processes too
	Told    uint64 // events written to the pipe; one that a reader has left there counts again
	Lost    uint64 // events that had no room
}

// The bounds of what waits: events in memory, and bytes on disk.
const (
	MaxMemory  = memoryLimit
	MaxSpooled = spoolSize - frontRoom
)

// Stats returns them.
func (c *Courier) Stats() Stats {
	head, end, err := c.spool.bounds() // without the lock, as somebody may hold it for long: the next look sees what this one has not
	if err != nil {
		head, end = 0, 0 // after Close
	}
	return Stats{Memory: c.inMemory(), Spooled: max(end-head, 0), Told: c.toldEvents.Load(), Lost: c.lost.Load()}
}
