package control

import "net/http"

// A route is one row: the server, the rights, the documentation and its test read it.
type route struct {
	method, path string
	role         Role
	run          func(*Server, http.ResponseWriter, *http.Request) error
}

// routes is the table of all that can be asked. What is said of an operation here is said again in docs/openapi.json.
func routes() []route {
	return []route{
		{"GET", "/v1/server", Viewer, (*Server).status},
		{"PUT", "/v1/server/limits", Operator, (*Server).limitServer},
		{"POST", "/v1/server/drain", Admin, (*Server).drain},
		{"POST", "/v1/server/reload", Admin, (*Server).reload},
		{"POST", "/v1/server/handover", Admin, (*Server).handover},
		{"GET", "/v1/server/settings", Admin, (*Server).settings},
		{"GET", "/v1/server/logs", Operator, (*Server).logs},
		{"GET", "/v1/metrics", Viewer, (*Server).metrics},

		{"GET", "/v1/sessions", Viewer, (*Server).list},
		{"GET", "/v1/sessions/{id}", Viewer, (*Server).show},
		{"POST", "/v1/sessions/{id}/kick", Operator, (*Server).kick},
		{"POST", "/v1/sessions/{id}/message", Operator, (*Server).message},
		{"PUT", "/v1/sessions/{id}/limits", Operator, (*Server).limitSession},
		{"GET", "/v1/sessions/{id}/trace", Admin, (*Server).trace},

		{"PUT", "/v1/users/{name}/limits", Operator, (*Server).limitUser},

		{"GET", "/v1/bans", Operator, (*Server).bans},
		{"POST", "/v1/bans", Operator, (*Server).ban},
		{"DELETE", "/v1/bans/{address}", Operator, (*Server).unban},
	}
}
