package record

// Stats are the counters of a Log.
type Stats struct {
	Delivered uint64 // lines that the log daemon has taken
	Stderr    uint64 // lines that went to standard error
	Lost      uint64
	Queued    int  // lines that wait now
	Connected bool // the last line reached the log daemon
}

// Stats returns them.
func (l *Log) Stats() Stats {
	return Stats{
		Delivered: l.sink.delivered.Load(), Stderr: l.sink.printed.Load(), Lost: l.Lost(), Queued: len(l.queue), Connected: l.sink.connected.Load(),
	}
}

// MaxQueued is how many lines may wait.
const MaxQueued = maxQueue

// Format is the name of the transfer log's format.
func (l *AltLog) Format() string { return l.config.Format }
