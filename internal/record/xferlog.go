package record

import "time"

// appendXferlog appends a line as wu-ftpd and its kin write it:
//
//	Sun Nov 22 07:04:09 2026 secs host bytes /path_without_blanks a|b _ i|o r user ftp 1 * c
//
// As in the original the access mode is "r" for anonymous users, too.
func appendXferlog(b []byte, t Transfer, local *time.Location) []byte {
	b = t.End.In(local).AppendFormat(b, "Mon Jan 02 15:04:05 2006 ")
	b = append(appendOrDash(appendField(b, t.seconds()), t.Host), ' ')
	b = append(appendWord(appendField(b, t.Bytes), t.Path), ' ')
	kind, direction := byte('b'), byte('o')
	if t.ASCII {
		kind = 'a'
	}
	if t.Upload {
		direction = 'i'
	}
	b = append(b, kind, ' ', '_', ' ', direction, ' ', 'r', ' ')
	return append(appendOrDash(b, t.User), " ftp 1 * c\n"...)
}
