package statuspage

import (
	"embed"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
)

//go:embed web
var web embed.FS

// An asset is a file of the page.
type asset struct {
	file, mediaType string
	text            []byte
}

// A Page is what browsers see.
type Page struct {
	token Token
	hosts []string
	files *http.ServeMux
}

// NewPage makes the page of a server with a name to be shown. The zero Token makes one that changes nothing. The hosts are names, in lower case, under which
// browsers ask for it, besides addresses and localhost.
func NewPage(name string, token Token, hosts []string) (*Page, error) {
	p := &Page{token: token, hosts: hosts, files: http.NewServeMux()}
	for path, a := range map[string]asset{
		"/{$}":      {file: "web/index.html", mediaType: "text/html; charset=utf-8"},
		"/page.js":  {file: "web/page.js", mediaType: "text/javascript; charset=utf-8"},
		"/page.css": {file: "web/page.css", mediaType: "text/css; charset=utf-8"},
		"/icon.svg": {file: "web/icon.svg", mediaType: "image/svg+xml"},
	} {
		var err error
		if a.text, err = web.ReadFile(a.file); err != nil {
			return nil, fmt.Errorf("status page: %w", err)
		}
		if path == "/{$}" {
			a.text = fill(a.text, name, token.set)
		}
		p.files.Handle("GET "+path, a)
	}
	return p, nil
}

// fill puts the name of the server into the page, and whether there is a token: in this alone pages differ.
func fill(text []byte, name string, hasToken bool) []byte {
	token := "no"
	if hasToken {
		token = "yes"
	}
	return []byte(strings.NewReplacer("{{name}}", html.EscapeString(name), "{{token}}", token).Replace(string(text)))
}

// ServeHTTP sends the file.
func (a asset) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.text)))
	_, _ = w.Write(a.text) // that a client has gone is no concern of ours
}
