package certd

import (
	"context"
	"fmt"

	"pureftpd/internal/linemsg"
)

// A Client asks the daemon that listens on a socket. Its fields are those of [linemsg.Client]: the pathname alone will do.
type Client linemsg.Client

// Ask asks which certificate a server name gets. A name that is empty or odd is not asked about: it gets the default. With
// an error the answer is Deny.
func (c *Client) Ask(ctx context.Context, name string) (Answer, error) {
	if !ValidName(name) {
		return Answer{Action: Default}, nil
	}
	m, err := (*linemsg.Client)(c).Ask(ctx, AppendRequest(nil, name))
	if err != nil {
		return Answer{}, err
	}
	a, err := ParseAnswer(m)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s: %w", c.Path, err)
	}
	return a, nil
}
