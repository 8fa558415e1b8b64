package main

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"time"
)

// maxDigits is how many digits of a line's time count.
const maxDigits = 41

// decode copies a log in the format "stats", with the time at the beginning of each line made readable. What stands behind
// the digits of the time is replaced by a blank; control characters are left out. A line without digits has the time 0.
//
// All of this is the original's, to the byte, also that a line of nothing but digits loses its end: scripts compare.
func decode(out *bufio.Writer, in *bufio.Reader, zone *time.Location) error {
	for {
		digits, end, err := readDigits(in)
		if err != nil {
			return atEnd(err, out)
		}
		if err := writeTime(out, digits, zone); err != nil {
			return err
		}
		if end == '\n' { // the byte behind the digits is gone, and with it the end of the line
			continue
		}
		if err := copyLine(out, in); err != nil {
			return atEnd(err, out)
		}
	}
}

// atEnd tells the end of the input from an error.
func atEnd(err error, out *bufio.Writer) error {
	if errors.Is(err, io.EOF) {
		return out.Flush()
	}
	return err
}

// readDigits reads the digits of the time and the one byte behind them, end. At the end of the input it returns io.EOF: then
// the digits, if there were any, are dropped.
func readDigits(in *bufio.Reader) (digits []byte, end byte, err error) {
	for {
		c, err := in.ReadByte()
		if err != nil {
			return nil, 0, err
		}
		if c < '0' || c > '9' {
			return digits, c, nil
		}
		if len(digits) < maxDigits {
			digits = append(digits, c)
		}
	}
}

// writeTime writes the time that the digits say, or dashes for one that no calendar has.
func writeTime(out *bufio.Writer, digits []byte, zone *time.Location) error {
	if len(digits) == 0 {
		digits = []byte{'0'}
	}
	seconds, err := strconv.ParseInt(string(digits), 10, 64)
	const lastYear = 1 << 31 // as much as the original's calendar holds
	at := time.Unix(seconds, 0).In(zone)
	if err != nil || seconds > 1<<55 || at.Year() >= lastYear {
		_, err := out.WriteString("- - ")
		return err
	}
	_, err = out.Write(at.AppendFormat(out.AvailableBuffer(), "2006/01/02 15:04:05 "))
	return err
}

// copyLine copies the rest of a line without its control characters.
func copyLine(out *bufio.Writer, in *bufio.Reader) error {
	for {
		c, err := in.ReadByte()
		if err != nil {
			return err
		}
		if c >= ' ' && c != 0x7f || c == '\n' {
			if err := out.WriteByte(c); err != nil {
				return err
			}
		}
		if c == '\n' {
			return nil
		}
	}
}
