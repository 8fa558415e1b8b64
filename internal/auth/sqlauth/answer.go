package sqlauth

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// maxAnswer bounds a value, in bytes: a path is no longer, and no hash is a tenth of it.
const maxAnswer = 4096

// errNothing says that a query found no row: what it asks for does not exist.
var errNothing = errors.New("no row")

// errEmpty is the errAnswer that NULL and an empty value are.
var errEmpty error = &answerError{"an empty value"}

// errAnswer is what every *answerError is.
var errAnswer = errors.New("not an answer")

// An answerError says that an answer is not one value.
type answerError struct{ text string }

func (e *answerError) Error() string        { return e.text }
func (e *answerError) Is(target error) bool { return target == errAnswer }

// cell reads the one value of an answer: one row of one column, not NULL and not empty. The error is errNothing, or an
// errAnswer, or what the database says.
func cell(rows *sql.Rows) (string, error) {
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return "", err
		}
		return "", errNothing
	}
	if len(columns) != 1 {
		return "", &answerError{fmt.Sprintf("%d columns instead of one", len(columns))}
	}
	var value any
	if err := rows.Scan(&value); err != nil {
		return "", err
	}
	if rows.Next() {
		return "", &answerError{"more than one row"}
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	text := text(value)
	switch {
	case value == nil:
		return "", fmt.Errorf("NULL: %w", errEmpty)
	case text == "":
		return "", errEmpty
	case len(text) > maxAnswer:
		return "", &answerError{fmt.Sprintf("a value of %d bytes", len(text))}
	}
	return text, nil
}

// text writes a value as the database would.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32)
	case time.Time:
		return v.Format(time.DateTime)
	}
	return fmt.Sprint(value)
}
