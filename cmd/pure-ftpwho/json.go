package main

import (
	"bufio"
	"encoding/json"

	"pureftpd/internal/control"
)

// writeJSON is what the control socket says of sessions, of all servers together.
func writeJSON(out *bufio.Writer, rows []row) {
	sessions := make([]control.Session, len(rows))
	for i, r := range rows {
		sessions[i] = r.session
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(map[string]any{"sessions": sessions}) // an error stays in out until it is flushed
}
