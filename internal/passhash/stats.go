package passhash

// Stats are how far the bounds of a Verifier are used at one moment.
type Stats struct {
	Running  int   // expensive verifications
	Parallel int   // their bound
	Memory   int64 // bytes that verifications use
	Bound    int64 // and may use
	Waiting  int   // verifications that wait for either
}

// Stats returns them.
func (v *Verifier) Stats() Stats {
	b := &v.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{
		Running: v.parallel - b.free.places, Parallel: v.parallel,
		Memory: b.total - b.free.memory, Bound: b.total, Waiting: len(b.waiting),
	}
}
