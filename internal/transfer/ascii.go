package transfer

import "bytes"

// expand writes src to dst with every LF as CR LF and returns the result. A CR LF in src becomes
// CR CR LF, as the specification has it. With owed, the CR of an LF at the beginning of src is left
// out: it has been sent. src may be the second half of dst.
func expand(dst, src []byte, owed bool) []byte {
	n := 0
	if owed && len(src) > 0 && src[0] == '\n' {
		dst[0] = '\n'
		n, src = 1, src[1:]
	}
	for {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return dst[:n+copy(dst[n:], src)]
		}
		n += copy(dst[n:], src[:i])
		dst[n], dst[n+1] = '\r', '\n'
		n += 2
		src = src[i+1:]
	}
}

// consumed returns how many bytes of the source the first n bytes of its expansion stand for, and
// whether the cut lies between a CR and its LF: then that LF is not consumed. It needs no source:
// in an expansion each LF has exactly one CR before it that is not the file's, except a first LF
// whose CR was owed.
func consumed(out []byte, n int) (used int, cut bool) {
	if n == 0 {
		return 0, false
	}
	used = n - bytes.Count(out[:n], []byte{'\n'})
	if out[0] == '\n' {
		used++
	}
	if n < len(out) && out[n] == '\n' {
		return used - 1, true
	}
	return used, false
}

// squeeze drops every CR of p in place and returns what is left.
func squeeze(p []byte) []byte {
	n := bytes.IndexByte(p, '\r')
	if n < 0 {
		return p
	}
	rest := p[n+1:]
	for {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			return p[:n+copy(p[n:], rest)]
		}
		n += copy(p[n:], rest[:i])
		rest = rest[i+1:]
	}
}
