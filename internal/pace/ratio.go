package pace

// A Ratio says how much must be uploaded for what is downloaded: Upload parts earn Download parts. With either of
// them zero everything is allowed.
type Ratio struct{ Upload, Download uint64 }

// Allows reports whether a session that has uploaded and downloaded so many bytes may download more. The rule has
// always been one of whole parts, rounded down: with 1:3 and 1000 bytes uploaded, 3002 may be downloaded.
func (r Ratio) Allows(uploaded, downloaded, more int64) bool {
	if r.Upload == 0 || r.Download == 0 {
		return true
	}
	wanted := count(downloaded) + count(more) // two of 63 bits
	return wanted/r.Download <= count(uploaded)/r.Upload
}

// count makes a number of bytes unsigned; none is below zero.
func count(n int64) uint64 { return uint64(max(n, 0)) }
