package passwdfile

// Rates returns the bandwidth the record grants, in bytes per second. A zero leaves the direction
// to the server; zeros in both mean that neither has a bound, and are returned as set.
func (r *Record) Rates() (upload, download Number) {
	upload, download = r.UploadRate, r.DownloadRate
	if upload.Set && download.Set && upload.N == 0 && download.N == 0 {
		return upload, download
	}
	upload.Set = upload.N > 0
	download.Set = download.N > 0
	return upload, download
}

// Ratio returns how many bytes the user may download for how many uploaded. Only an upload ratio
// above zero switches ratios on; the download ratio is nothing without it, and zero if it is empty.
func (r *Record) Ratio() (upload, download uint64, on bool) {
	if r.UploadRatio.N == 0 {
		return 0, 0, false
	}
	return r.UploadRatio.N, r.DownloadRatio.N, true
}
