package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A row is what a file says of one account, column by column. A column that it does not name is missing; an empty one
// is there.
type row struct {
	line   int
	fields map[string]string
	broken bool // a mistake was found already
}

// readRows reads a file: JSON if it begins like it, else CSV. What cannot be read ends the reading; all other mistakes
// concern one row.
func readRows(data []byte, m *mistakes) []row {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // spreadsheets begin a file with it
	switch text := bytes.TrimLeft(data, " \t\r\n"); {
	case len(text) == 0:
		m.add(1, errors.New("the file is empty"))
		return nil
	case text[0] == '[' || text[0] == '{':
		return readJSON(data, m)
	}
	return readCSV(data, m)
}

// readCSV reads rows of cells under a row of names.
func readCSV(data []byte, m *mistakes) []row {
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma = separator(data)
	in.FieldsPerRecord = -1 // each row that is too long or too short is told
	names, err := in.Read()
	if err != nil {
		m.add(csvLine(err), err)
		return nil
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	if !checkNames(names, m) {
		return nil // the cells could mean anything
	}
	var rows []row
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			m.add(csvLine(err), err)
			return rows
		}
		line, _ := in.FieldPos(0)
		r := row{line: line, fields: make(map[string]string, len(names))}
		if len(cells) != len(names) {
			m.add(line, fmt.Errorf("%d cells under %d names of columns", len(cells), len(names)))
			continue
		}
		for i, cell := range cells {
			r.fields[names[i]] = cell
		}
		rows = append(rows, r)
	}
}

// separator returns what stands between the cells: spreadsheets write semicolons where the comma is in numbers.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	for _, c := range ",;\t" {
		if bytes.ContainsRune(first, c) {
			return c
		}
	}
	return ','
}

// csvLine returns the line that an error is about.
func csvLine(err error) int {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return e.Line
	}
	return 1
}

// checkNames checks the names of the columns.
func checkNames(names []string, m *mistakes) bool {
	before := len(m.all)
	seen := map[string]bool{}
	for _, name := range names {
		switch {
		case !isColumn(name):
			m.add(1, unknownColumn(name))
		case seen[name]:
			m.add(1, fmt.Errorf("there are two columns called %q", name))
		}
		seen[name] = true
	}
	if !seen["login"] {
		m.add(1, errors.New(`there is no column called "login": the first row names the columns`))
	}
	return len(m.all) == before
}

// readJSON reads an array of objects, or objects one after the other.
func readJSON(data []byte, m *mistakes) []row {
	if at := invalidUTF8(data); at >= 0 { // the decoder would put something else in its place
		m.add(1+bytes.Count(data[:at], []byte("\n")), errors.New("not UTF-8, as JSON has to be"))
		return nil
	}
	in := jsonReader{Decoder: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	in.UseNumber()
	rows, err := in.rows(m)
	if err != nil {
		m.add(in.here(), err)
	}
	return rows
}

// invalidUTF8 returns where data is no UTF-8, or -1.
func invalidUTF8(data []byte) int {
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// A jsonReader knows which line it is in.
type jsonReader struct {
	*json.Decoder
	data    []byte
	counted int64 // bytes
	line    int   // of the byte behind them
}

// here returns the line that was read to.
func (in *jsonReader) here() int {
	at := in.InputOffset()
	in.line += bytes.Count(in.data[in.counted:at], []byte("\n"))
	in.counted = at
	return in.line
}

// rows reads all objects.
func (in *jsonReader) rows(m *mistakes) ([]row, error) {
	var rows []row
	open := false // in an array
	for {
		t, err := in.Token()
		switch {
		case err == io.EOF && open:
			return rows, io.ErrUnexpectedEOF
		case err == io.EOF:
			return rows, nil
		case err != nil:
			return rows, err
		case t == json.Delim('['):
			if open || len(rows) > 0 {
				return rows, errors.New("an array where an object was to come")
			}
			open = true
		case t == json.Delim(']'):
			open = false
			if _, err := in.Token(); err != io.EOF {
				return rows, errors.New("text behind the end of the array")
			}
			return rows, nil
		case t == json.Delim('{'):
			r, err := in.object(m)
			if err != nil {
				return rows, err
			}
			rows = append(rows, r)
		default:
			return rows, fmt.Errorf("%v where an object was to come", t)
		}
	}
}

// object reads what follows the opening brace of an object.
func (in *jsonReader) object(m *mistakes) (row, error) {
	r := row{line: in.here(), fields: map[string]string{}}
	for in.More() {
		t, err := in.Token()
		if err != nil {
			return r, err
		}
		name, _ := t.(string)
		var value any
		if err := in.Decode(&value); err != nil {
			return r, err
		}
		text, err := jsonText(value)
		_, twice := r.fields[name]
		switch {
		case !isColumn(name):
			err = unknownColumn(name)
		case err != nil:
			err = fmt.Errorf("%s: %w", name, err)
		case twice:
			err = fmt.Errorf("%s is there twice", name)
		}
		if err != nil {
			m.add(in.here(), err)
			r.broken = true
		}
		r.fields[name] = text
	}
	_, err := in.Token()
	return r, err
}

// jsonText returns a value as a cell would hold it.
func jsonText(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok || strings.Contains(text, ",") {
				return "", errors.New("the items of a list are strings without commas")
			}
			items[i] = text
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("neither text, nor a number, nor a list")
}

func unknownColumn(name string) error {
	return fmt.Errorf("there is nothing called %q: the names are %s", name, strings.Join(columnNames(), ", "))
}
