package extauth

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"pureftpd/internal/authd"
)

// maxBody is how many bytes of an answer are read. One has some hundred.
const maxBody = 64 << 10

// A ServiceConfig says where a Service is.
type ServiceConfig struct {
	// Address is an https URL, an http URL of this machine, or the pathname of a local socket. A URL may hold a user and a
	// password for the service ("Basic").
	Address string
	// Dial connects to the local socket, which may belong to root; nil connects as the process is.
	Dial func(ctx context.Context, path string) (net.Conn, error)
	// Roots sign the certificates of services; nil means those of the system.
	Roots *x509.CertPool
}

// A Service is asked by JSON over HTTP: a POST for each question. It is safe for concurrent use.
type Service struct {
	url    string
	client *http.Client
}

// NewService returns a Service. It does not connect yet.
func NewService(c ServiceConfig) (*Service, error) {
	target, socket := c.Address, ""
	if strings.HasPrefix(target, "/") {
		target, socket = "http://localhost/", target
	} else if err := checkURL(target); err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	dial := dialer.DialContext
	if socket != "" {
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			if c.Dial != nil {
				return c.Dial(ctx, socket)
			}
			return dialer.DialContext(ctx, "unix", socket)
		}
	}
	return &Service{target, &http.Client{
		Transport: &http.Transport{
			DialContext:            dial, // and no proxy: it would see passwords
			TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    standardParallel,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: maxBody,
			DisableCompression:     true, // a small body may be a large one
		},
		// Passwords stay where they were sent.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// checkURL refuses a URL over which passwords would travel in the clear. Its errors do not show the password in it.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return errors.New("the URL of the service cannot be read")
	}
	host := u.Hostname()
	addr, _ := netip.ParseAddr(host)
	switch {
	case host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s is neither an https URL nor the full pathname of a socket", u.Redacted())
	case u.Scheme == "http" && host != "localhost" && !addr.IsLoopback():
		return fmt.Errorf("%s would send passwords in the clear; use https", u.Redacted())
	}
	return nil
}

// Close ends the connections that are kept for the next question.
func (s *Service) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// Ask implements Asker. The status counts first: 404 does not know the user, 401 and 403 refuse, 200 has an answer in its body,
// and any other is none.
func (s *Service) Ask(ctx context.Context, q authd.Question) (authd.Answer, error) {
	body, err := q.JSON()
	if err != nil {
		return authd.Answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return authd.Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "pure-ftpd")
	request.Header["Idempotency-Key"] = nil // is not sent: a question may be asked again when a connection that waited is gone
	response, err := s.client.Do(request)
	if err != nil {
		return authd.Answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // only read
	switch response.StatusCode {
	case http.StatusOK:
		return read(response.Body)
	case http.StatusNotFound:
		return authd.Answer{Verdict: authd.Unknown, Reason: "the service does not know the user (404)"}, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return authd.Answer{Reason: fmt.Sprintf("the service says no (%d)", response.StatusCode)}, nil
	}
	return authd.Answer{}, fmt.Errorf("the service answers with the status %d", response.StatusCode)
}

// read reads an answer to its end.
func read(body io.Reader) (authd.Answer, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	switch {
	case err != nil:
		return authd.Answer{}, fmt.Errorf("read the answer of the service: %w", err)
	case len(text) > maxBody:
		return authd.Answer{}, fmt.Errorf("the answer of the service is longer than %d bytes", maxBody)
	}
	a, err := authd.ParseJSON(text)
	if err != nil {
		return authd.Answer{}, fmt.Errorf("the answer of the service: %w", err)
	}
	return a, nil
}
