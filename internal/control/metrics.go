package control

import "net/http"

// metrics answers in the form of Prometheus, in place of JSON.
func (s *Server) metrics(w http.ResponseWriter, req *http.Request) error {
	if s.config.Hooks.Metrics == nil {
		return refuse(http.StatusNotImplemented, "this server has no metrics")
	}
	s.config.Hooks.Metrics.ServeHTTP(w, req)
	return nil
}
