package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A document is what is read of docs/openapi.json.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	Role       string `json:"x-role"`
	Summary    string
	Parameters []struct {
		Name, In string
		Required bool
	}
	RequestBody *struct {
		Content map[string]struct{ Schema *schema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema *schema }
	}
}

// A schema is the part of JSON Schema that the document uses. A word that is not here fails the test.
type schema struct {
	Ref                  string             `json:"$ref"`
	AllOf                []*schema          `json:"allOf"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Description          string             `json:"description"`
	Enum                 []string           `json:"enum"`
	Minimum              *float64           `json:"minimum"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties *bool              `json:"additionalProperties"`
	Items                *schema            `json:"items"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var all struct {
		Components struct{ Schemas json.RawMessage }
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	strict := json.NewDecoder(strings.NewReader(string(all.Components.Schemas)))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&map[string]*schema{}); err != nil {
		t.Fatalf("the test does not know all that the schemas use: %v", err)
	}
	return d
}

// fits reports what is wrong with a value by a schema.
func (d document) fits(s *schema, at string, value any) error {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if d.Components.Schemas[name] == nil {
			return fmt.Errorf("%s: there is no schema %s", at, name)
		}
		return d.fits(d.Components.Schemas[name], at, value)
	}
	for _, part := range s.AllOf {
		if err := d.fits(part, at, value); err != nil {
			return err
		}
	}
	switch v := value.(type) {
	case map[string]any:
		if s.Type == "object" {
			return d.fitsObject(s, at, v)
		}
	case []any:
		if s.Type != "array" {
			break
		}
		for i, item := range v {
			if err := d.fits(s.Items, fmt.Sprintf("%s[%d]", at, i), item); err != nil {
				return err
			}
		}
		return nil
	case string:
		if s.Type != "string" || s.Enum != nil && !slices.Contains(s.Enum, v) {
			break
		}
		if s.Format == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
		return nil
	case float64:
		if s.Type == "integer" && v == float64(int64(v)) && (s.Minimum == nil || v >= *s.Minimum) {
			return nil
		}
	case bool:
		if s.Type == "boolean" {
			return nil
		}
	}
	if len(s.AllOf) > 0 && s.Type == "" {
		return nil
	}
	return fmt.Errorf("%s: %v is no %s of the schema", at, value, s.Type)
}

func (d document) fitsObject(s *schema, at string, v map[string]any) error {
	for _, name := range s.Required {
		if _, there := v[name]; !there {
			return fmt.Errorf("%s: %s is missing", at, name)
		}
	}
	for name, value := range v {
		property := s.Properties[name]
		if property == nil {
			return fmt.Errorf("%s: %s is not documented", at, name)
		}
		if err := d.fits(property, at+"."+name, value); err != nil {
			return err
		}
	}
	if s.AdditionalProperties == nil || *s.AdditionalProperties {
		return errors.New(at + ": the schema leaves open what else there may be")
	}
	return nil
}

func TestDocumentListsTheRoutes(t *testing.T) {
	d := readDocument(t)
	documented := make(map[string]operation)
	for path, operations := range d.Paths {
		for method, o := range operations {
			documented[strings.ToUpper(method)+" "+path] = o
		}
	}
	for _, r := range routes() {
		o, ok := documented[r.method+" "+r.path]
		delete(documented, r.method+" "+r.path)
		if !ok || o.Role != r.role.String() || o.Summary == "" {
			t.Errorf("%s %s, for a %s, is documented as %+v", r.method, r.path, r.role, o)
		}
		for _, p := range o.Parameters {
			inPath := strings.Contains(r.path, "{"+p.Name+"}") && p.In == "path" && p.Required
			inQuery := r.path == "/v1/sessions" && slices.Contains(choices(), p.Name) && p.In == "query" && !p.Required
			if !inPath && !inQuery {
				t.Errorf("%s %s has no parameter %+v", r.method, r.path, p)
			}
		}
		wanted := strings.Count(r.path, "{")
		if r.path == "/v1/sessions" {
			wanted += len(choices())
		}
		if wanted != len(o.Parameters) {
			t.Errorf("%s %s: %d parameters are documented", r.method, r.path, len(o.Parameters))
		}
	}
	for name := range documented {
		t.Errorf("%s is documented, and not there", name)
	}
}

// TestDocumentFitsTheReplies asks for everything, rightly and wrongly, and holds requests and replies against the schemas.
func TestDocumentFitsTheReplies(t *testing.T) {
	d := readDocument(t)
	seen := make(map[string]bool)
	for _, test := range []struct {
		method, path, args, query, body string
		upgrade                         bool
		change                          func(*lab)
	}{
		{method: "GET", path: "/v1/server"},
		{method: "GET", path: "/v1/server", change: func(l *lab) {
			status := l.config.Hooks.Status()
			status.Limits, status.MaxOpen, status.Successor = &Rates{1, 2}, 50, 12
			l.config.Hooks.Status = func() Status { return status }
		}},
		{method: "PUT", path: "/v1/server/limits", body: `{"upload":1}`},
		{method: "PUT", path: "/v1/server/limits", body: `{"upload":-1}`},
		{method: "PUT", path: "/v1/server/limits", body: `{"upload":` + strings.Repeat(" ", maxBody)},
		{method: "POST", path: "/v1/server/drain"},
		{method: "POST", path: "/v1/server/reload"},
		{method: "POST", path: "/v1/server/reload", change: func(l *lab) {
			c := []Change{{"a", "b", "c", "d"}}
			l.reloaded = Reload{c, c, []string{"e"}}
		}},
		{method: "POST", path: "/v1/server/reload", change: func(l *lab) { l.reload = &Error{409, "the server is ending"} }},
		{method: "POST", path: "/v1/server/reload", change: func(l *lab) { l.reload = errors.New("broken") }},
		{method: "POST", path: "/v1/server/reload", change: func(l *lab) { l.config.Hooks.Reload = nil }},
		{method: "POST", path: "/v1/server/handover", change: func(l *lab) { l.config.Hooks.Handover = nil }},
		{method: "POST", path: "/v1/server/handover"},
		{method: "POST", path: "/v1/server/handover", upgrade: true},
		{method: "GET", path: "/v1/server/settings"},
		{method: "GET", path: "/v1/server/logs"},
		{method: "GET", path: "/v1/server/logs", change: func(l *lab) { l.config.Hooks.Logs = func() []Log { return nil } }},
		{method: "GET", path: "/v1/server/logs", change: func(l *lab) {
			l.config.Hooks.Logs = func() []Log { return []Log{{Kind: "transfers", Format: "clf", Place: "/x"}} }
		}},
		{method: "GET", path: "/v1/metrics"},
		{method: "GET", path: "/v1/metrics", change: func(l *lab) { l.config.Hooks.Metrics = nil }},
		{method: "GET", path: "/v1/sessions"},
		{method: "GET", path: "/v1/sessions", change: func(l *lab) { l.config.Sessions = crowd{} }},
		{method: "GET", path: "/v1/sessions", query: "?match=LETTERS&sort=-speed&limit=1"},
		{method: "GET", path: "/v1/sessions", query: "?limit=0"},
		{method: "GET", path: "/v1/sessions/{id}"},
		{method: "GET", path: "/v1/sessions/{id}", args: "9"},
		{method: "GET", path: "/v1/sessions/{id}", args: "x"},
		{method: "POST", path: "/v1/sessions/{id}/kick"},
		{method: "POST", path: "/v1/sessions/{id}/kick", args: "9"},
		{method: "POST", path: "/v1/sessions/{id}/kick", args: "x"},
		{method: "POST", path: "/v1/sessions/{id}/message", body: `{"text":"x"}`},
		{method: "POST", path: "/v1/sessions/{id}/message", body: `{"text":""}`},
		{method: "POST", path: "/v1/sessions/{id}/message", body: `{"text":"` + strings.Repeat("x", maxBody)},
		{method: "POST", path: "/v1/sessions/{id}/message", body: `x`},
		{method: "POST", path: "/v1/sessions/{id}/message", args: "9"},
		{method: "PUT", path: "/v1/sessions/{id}/limits", body: `{"upload":1,"download":0}`},
		{method: "PUT", path: "/v1/sessions/{id}/limits", body: `{"download":"fast"}`},
		{method: "PUT", path: "/v1/sessions/{id}/limits", body: `{}`, args: "4194305"},
		{method: "PUT", path: "/v1/sessions/{id}/limits", args: "9"},
		{method: "PUT", path: "/v1/sessions/{id}/limits", body: `{"upload":` + strings.Repeat(" ", maxBody)},
		{method: "GET", path: "/v1/sessions/{id}/trace", change: func(l *lab) {
			l.crowd[0].lines <- Line{From: "server", Text: "200 x", Lost: 1}
			close(l.crowd[0].lines)
		}},
		{method: "GET", path: "/v1/sessions/{id}/trace", args: "9"},
		{method: "GET", path: "/v1/sessions/{id}/trace", args: "x"},
		{method: "GET", path: "/v1/sessions/{id}/trace", change: func(l *lab) { l.crowd[0].traced = errors.New("enough") }},
		{method: "PUT", path: "/v1/users/{name}/limits", body: `{"download":5}`},
		{method: "PUT", path: "/v1/users/{name}/limits", body: `[]`},
		{method: "PUT", path: "/v1/users/{name}/limits", body: `{"upload":` + strings.Repeat(" ", maxBody)},
		{method: "GET", path: "/v1/bans"},
		{method: "GET", path: "/v1/bans", change: func(l *lab) {
			l.bans.list = []Ban{{"192.0.2.1", time.Now(), time.Now(), "why", false, 2}, {Address: "::1"}}
		}},
		{method: "GET", path: "/v1/bans", change: func(l *lab) { l.config.Hooks.Bans = nil }},
		{method: "POST", path: "/v1/bans", body: `{"address":"192.0.2.1","seconds":5}`},
		{method: "POST", path: "/v1/bans", body: `{"address":"192.0.2.0/24","seconds":5,"keep_sessions":true,"reason":"x"}`},
		{method: "POST", path: "/v1/bans", body: `{"address":"192.0.2.1","seconds":0}`},
		{method: "POST", path: "/v1/bans", body: `{"address":"192.0.2.1","seconds":5}`, change: func(l *lab) { l.bans.list = make([]Ban, 3) }},
		{method: "POST", path: "/v1/bans", body: `{"reason":"` + strings.Repeat("x", maxBody)},
		{method: "POST", path: "/v1/bans", change: func(l *lab) { l.config.Hooks.Bans = nil }},
		{method: "DELETE", path: "/v1/bans/{address}", change: func(l *lab) { l.bans.list = []Ban{{Address: "192.0.2.1"}} }},
		{method: "DELETE", path: "/v1/bans/{address}"},
		{method: "DELETE", path: "/v1/bans/{address}", change: func(l *lab) {
			l.bans.list = []Ban{{Address: "192.0.2.1"}, {Address: "192.0.2.0/24"}}
		}},
		{method: "DELETE", path: "/v1/bans/{address}", change: func(l *lab) { l.config.Hooks.Bans = nil }},
	} {
		l := newLab(t)
		if test.change != nil {
			test.change(l)
		}
		args := test.args
		if args == "" {
			args = "4194307"
		}
		path := strings.NewReplacer("{id}", args, "{name}", "ann", "{address}", "192.0.2.1").Replace(test.path)
		var header []string
		if test.upgrade {
			header = []string{"Upgrade", handoverProtocol}
		}
		w := l.as(Admin, test.method, path+test.query, test.body, header...)
		what := fmt.Sprintf("%s %s %.40s = %d", test.method, path, test.body, w.Code)
		o := d.Paths[test.path][strings.ToLower(test.method)]
		reply, ok := o.Responses[fmt.Sprint(w.Code)]
		content, typed := reply.Content[w.Header().Get("Content-Type")]
		if !ok || !typed {
			t.Errorf("%s %q is not documented: %s", what, w.Header().Get("Content-Type"), w.Body)
			continue
		}
		seen[fmt.Sprintf("%s %s %d", test.method, test.path, w.Code)] = true
		var value any = w.Body.String()
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			if err := d.fits(content.Schema, "reply", value); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		} else if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
			t.Errorf("%s: %v in %s", what, err, w.Body)
		} else if err := d.fits(content.Schema, "reply", value); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if w.Code < 300 && (o.RequestBody != nil) != (test.body != "") {
			t.Errorf("%s: a body is documented: %v", what, o.RequestBody != nil)
		} else if w.Code < 300 && test.body != "" {
			if err := json.Unmarshal([]byte(test.body), &value); err != nil {
				t.Fatal(err)
			}
			if err := d.fits(o.RequestBody.Content["application/json"].Schema, "request", value); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			for _, code := range slices.Sorted(maps.Keys(o.Responses)) {
				if name := strings.ToUpper(method) + " " + path + " " + code; code != "403" && code != "101" && !seen[name] {
					t.Errorf("%s is documented and was not seen", name)
				}
			}
		}
	}
}
