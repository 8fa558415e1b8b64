package listing

const (
	pageWidth = 75 // characters in a row of LIST -C
	tabWidth  = 8  // characters between tab stops
)

// columns writes a set of names in columns, filled downwards, each as wide as the longest name up
// to the next tab stop.
func (r *run) columns(order []sortKey) {
	longest := 0
	for _, k := range order {
		longest = max(longest, r.nameWidth(&r.set.list[k.index]))
	}
	width := (longest | (tabWidth - 1)) + 1
	perRow := max(1, pageWidth/width)
	rows := (len(order) + perRow - 1) / perRow
	for row := range rows {
		for at := row; at < len(order); at += rows {
			e := &r.set.list[order[at].index]
			r.appendName(e)
			if at+rows >= len(order) {
				break
			}
			for filled := r.nameWidth(e); filled < width; filled = (filled | (tabWidth - 1)) + 1 {
				r.out.buf = append(r.out.buf, '\t')
			}
		}
		r.out.endLine()
	}
}

// nameWidth is how many bytes appendName appends.
func (r *run) nameWidth(e *entry) int {
	width := int(e.size)
	if r.flags.suffix && suffix(&e.Facts) != 0 {
		width++
	}
	return width
}
