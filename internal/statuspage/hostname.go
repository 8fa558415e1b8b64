package statuspage

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// knownHosts lets requests in that ask for an address, for localhost or for one of the names. Under any other the browser was led here by the
// one who owns the name, whose scripts could then read the page (DNS rebinding).
func knownHosts(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !known(req.Host, names) {
			http.Error(w, "This name of the server is not known to it. Ask for its address, or name it with StatusName", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, req)
	})
}

func known(asked string, names []string) bool {
	name := asked
	if i := strings.LastIndexByte(asked, ':'); i >= 0 && !strings.HasSuffix(asked, "]") {
		name = asked[:i]
	}
	if inner, ok := strings.CutPrefix(name, "["); ok {
		name = strings.TrimSuffix(inner, "]")
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || slices.Contains(names, name)
}
