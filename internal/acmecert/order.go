package acmecert

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// tidyLimit is how long it may take to give up what is left of an attempt that failed.
const tidyLimit = 30 * time.Second

// obtain gets a certificate.
func (k *Keeper) obtain(ctx context.Context) (*issued, error) {
	client, done := k.client()
	defer done()
	if err := k.register(ctx, client); err != nil {
		return nil, &stepError{"account", "", err}
	}
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(k.Names...))
	if err != nil {
		return nil, &stepError{"order", "", err}
	}
	for i, url := range order.AuthzURLs {
		if err := k.authorize(ctx, client, url); err != nil {
			relinquish(ctx, client, order.AuthzURLs[i:])
			return nil, err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return nil, &stepError{"order", "", err}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: k.Names}, key)
	if err != nil {
		return nil, err
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, csr, true)
	if err != nil {
		return nil, &stepError{"certificate", "", err}
	}
	leaf, err := k.check(chain, key)
	if err != nil {
		return nil, fmt.Errorf("the authority sent a certificate that is no good: %w", err)
	}
	return &issued{chain, leaf, key}, nil
}

// client is one for a single attempt, so that nothing of it is kept for the months between two.
func (k *Keeper) client() (client *acme.Client, done func()) {
	carrier := http.DefaultTransport.(*http.Transport).Clone()
	transport, done := http.RoundTripper(carrier), carrier.CloseIdleConnections
	if k.Transport != nil {
		transport, done = k.Transport, func() {}
	}
	return &acme.Client{
		Key:          k.account,
		DirectoryURL: k.Directory,
		HTTPClient:   &http.Client{Transport: transport, Timeout: time.Minute},
		UserAgent:    "pure-ftpd",
		RetryBackoff: backoff,
	}, done
}

// backoff is how long a single request waits before it is sent again. Longer waits are for the next attempt.
func backoff(n int, _ *http.Request, res *http.Response) time.Duration {
	const most = 5
	switch {
	case n > most || res.StatusCode == http.StatusTooManyRequests:
		return 0
	case res.StatusCode == http.StatusBadRequest: // the nonce was too old, and the next one is new
		return time.Millisecond
	}
	return time.Second << n
}

// register makes the account known to the authority, or finds that it is.
func (k *Keeper) register(ctx context.Context, client *acme.Client) error {
	account := &acme.Account{}
	if k.Email != "" {
		account.Contact = []string{"mailto:" + k.Email}
	}
	_, err := client.Register(ctx, account, func(string) bool { return k.Agreed })
	if errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil
	}
	return err
}

// authorize proves one name.
func (k *Keeper) authorize(ctx context.Context, client *acme.Client, url string) (err error) {
	z, err := client.GetAuthorization(ctx, url)
	if err != nil {
		return &stepError{"order", "", err}
	}
	if z.Status == acme.StatusValid { // it was proved a short while ago
		return nil
	}
	name := z.Identifier.Value
	kind := map[Way]string{HTTP: "http-01", Webroot: "http-01", TLSALPN: "tls-alpn-01"}[k.Way]
	var challenge *acme.Challenge
	for _, c := range z.Challenges {
		if c.Type == kind {
			challenge = c
		}
	}
	if challenge == nil {
		return fmt.Errorf("the authority does not take %s for %s; choose another challenge", kind, name)
	}
	withdraw, err := k.present(ctx, client, name, challenge.Token)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, withdraw()) }()
	if _, err := client.Accept(ctx, challenge); err != nil {
		return &stepError{"challenge", name, err}
	}
	if _, err := client.WaitAuthorization(ctx, z.URI); err != nil {
		return &stepError{"challenge", name, err}
	}
	return nil
}

// relinquish gives up names that are not proved yet, for authorities count the open ones. They end by themselves as well, so
// it does not matter if that fails.
func relinquish(ctx context.Context, client *acme.Client, urls []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
	defer cancel()
	for _, url := range urls {
		z, err := client.GetAuthorization(ctx, url)
		if err == nil && z.Status == acme.StatusPending {
			err = client.RevokeAuthorization(ctx, url)
		}
		if err != nil {
			return
		}
	}
}

// check looks at what the authority sent before it takes the place of what works.
func (k *Keeper) check(chain [][]byte, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	if len(chain) == 0 {
		return nil, errors.New("it is empty")
	}
	for _, der := range chain[1:] {
		if _, err := x509.ParseCertificate(der); err != nil {
			return nil, err
		}
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("it has another key")
	}
	for _, name := range k.Names {
		if err := leaf.VerifyHostname(name); err != nil {
			return nil, err
		}
	}
	if now := k.Now(); now.After(leaf.NotAfter) {
		return nil, fmt.Errorf("it ended on %s, or this machine's clock is wrong", leaf.NotAfter.Format(time.DateOnly))
	}
	return leaf, nil
}
