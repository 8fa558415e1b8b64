// Package statuspage shows a running server as a small web page, and metrics to Prometheus, on TCP.
//
// The page is a client of the routes of internal/control, in the same JSON: here is no second account of the sessions. Who may do what is decided by a
// token in the place of the kernel's word: whoever comes without one is a viewer, whoever shows the token an operator; nobody is an admin. The token is
// sent in the header Authorization, by the page's script, and never in an address or a cookie; so no other site can use it through a browser.
//
// Requests for the page under a host name that is not known are refused, lest the name of another site lead here (DNS rebinding). Connections, sizes and
// times have bounds. It does not encrypt, and not hide what a viewer sees from whoever reaches the port: a proxy with TLS and a password does that.
package statuspage
