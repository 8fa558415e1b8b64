package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"

	"pureftpd/internal/control"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
	"pureftpd/internal/statuspage"
)

// A web is the status page and the metrics on TCP. The zero web serves nothing.
type web struct {
	sites   []*site
	servers []*statuspage.Server
	ending  sync.Once
	ended   error
}

// A site is what is served at one place.
type site struct {
	listeners []net.Listener
	page      *statuspage.Page // nil: not here
	metrics   bool
}

// openWeb binds the places of the options and reads the token, while the process may still do that. In inetd mode there is nobody to serve them
// when no client is there.
func openWeb(o *options.Options, mode string, others *server.Inherited, log *record.Log) (*web, error) {
	w := new(web)
	if o.Web.Page == nil && o.Web.Metrics == nil {
		return w, nil
	}
	if mode == "inetd" {
		log.WriteString(record.Warning, "StatusPage and MetricsAddress do nothing under inetd, where each client has a process of its own")
		return w, nil
	}
	if o.Web.Page != nil {
		page, err := newStatusPage(o.Web)
		if err != nil {
			return nil, err
		}
		w.sites = append(w.sites, &site{page: page})
		if err := w.sites[0].listen(*o.Web.Page, "StatusPage", others, log); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Web.Metrics == nil:
	case o.Web.Page != nil && *o.Web.Page == *o.Web.Metrics:
		w.sites[0].metrics = true
	default:
		s := &site{metrics: true}
		if err := s.listen(*o.Web.Metrics, "MetricsAddress", others, log); err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.sites = append(w.sites, s)
	}
	return w, nil
}

// newStatusPage reads the token and names the page.
func newStatusPage(o options.Web) (*statuspage.Page, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("status page: %w", err)
	}
	var token statuspage.Token
	if o.TokenFile != "" {
		if token, err = statuspage.ReadToken(o.TokenFile); err != nil {
			return nil, fmt.Errorf("status page: %w", err)
		}
	}
	return statuspage.NewPage(name, token, o.Names)
}

// listen binds a place. This machine alone has two addresses; where there is no IPv6 it has one.
func (s *site) listen(bind options.Bind, setting string, others *server.Inherited, log *record.Log) error {
	hosts := []string{bind.Host}
	if bind.Host == "" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	port := strconv.Itoa(int(bind.Port))
	for i, host := range hosts {
		l, err := listenTCP(net.JoinHostPort(host, port), others)
		if i > 0 && (errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)) {
			break
		}
		if err != nil {
			closeListeners(s.listeners)
			return fmt.Errorf("%s: %w", setting, err)
		}
		s.listeners = append(s.listeners, l)
		addr := l.Addr().(*net.TCPAddr)
		port = strconv.Itoa(addr.Port) // both have the same, whoever chose it
		log.WriteString(record.Info, setting+" is "+addr.String())
		if !addr.IP.IsLoopback() {
			log.WriteString(record.Warning, setting+": "+addr.String()+
				" can be reached from other machines, without encryption; who may, a firewall or a proxy with TLS has to say")
		}
	}
	return nil
}

// listenTCP takes a socket of others, or opens one.
func listenTCP(address string, others *server.Inherited) (net.Listener, error) {
	if l := others.Take("tcp", address); l != nil {
		return l, nil
	}
	return net.Listen("tcp", address)
}

// serve begins to answer, with what the control socket tells and does.
func (w *web) serve(api control.Config) {
	for _, s := range w.sites {
		config := statuspage.Config{Page: s.page, API: api, Log: api.Log}
		if s.metrics {
			config.Metrics = api.Hooks.Metrics
		}
		w.servers = append(w.servers, statuspage.Serve(s.listeners, config))
	}
}

// listening are the sockets of all sites.
func (w *web) listening() (all []net.Listener) {
	for _, s := range w.sites {
		all = append(all, s.listeners...)
	}
	return all
}

// close ends the answering and the listening, once.
func (w *web) close() error {
	w.ending.Do(func() {
		var errs []error
		for _, s := range w.servers {
			errs = append(errs, s.Close())
		}
		for _, s := range w.sites {
			closeListeners(s.listeners) // closed already where they were served
		}
		w.ended = errors.Join(errs...)
	})
	return w.ended
}
