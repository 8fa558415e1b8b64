package sqlauth

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"time"
)

const (
	maxIdle     = 4 // connections kept for the next logins
	maxIdleTime = 30 * time.Second
	maxLifetime = 10 * time.Minute // so that a server that moved is found again
	maxWait     = time.Minute      // for a connection, while others are checking passwords
)

// A pool lends connections. A database that cannot be reached is tried by as many logins at once as there may be
// connections; all that came before it was found out fail together with them.
type pool struct {
	db    *sql.DB
	slots chan struct{} // one for each connection

	mu     sync.Mutex
	failed error // of the last attempt to connect
	at     time.Time
}

func newPool(c *preparing, size int) *pool {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(min(size, maxIdle))
	db.SetConnMaxIdleTime(maxIdleTime)
	db.SetConnMaxLifetime(maxLifetime)
	return &pool{db: db, slots: make(chan struct{}, size)}
}

// wait takes a place, which give gives back.
func (p *pool) wait(ctx context.Context) error {
	came := time.Now()
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("all %d connections have been busy for %v", cap(p.slots), maxWait)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil && p.at.After(came) {
		p.give()
		return p.failed
	}
	return nil
}

func (p *pool) give() { <-p.slots }

// connect returns a connection; the caller has a place. login is the context of who logs in, ctx that of the database's time:
// who hangs up says nothing about the database.
func (p *pool) connect(login, ctx context.Context) (*sql.Conn, error) {
	conn, err := p.db.Conn(ctx)
	if err == nil || login.Err() != nil {
		return conn, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed, p.at = fmt.Errorf("connect: %w", err), time.Now()
	if cause := context.Cause(ctx); cause != nil {
		p.failed = fmt.Errorf("connect: %w", cause)
	}
	return nil, err
}

// end gives a connection back, or closes it if it is not to be used again.
func (p *pool) end(conn *sql.Conn, spoilt bool) {
	if spoilt {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // package sql closes it then
	}
	_ = conn.Close() // it only goes back to the pool
}
