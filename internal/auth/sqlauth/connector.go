package sqlauth

import (
	"context"
	"database/sql/driver"
	"errors"
)

// maxStatements bounds the prepared statements that one connection keeps: more than the keys of a file hold queries.
const maxStatements = 64

// A preparing connector is a driver's connector whose connections prepare each statement once and keep it. It has no way to
// run text: whatever package sql is told to run goes through a prepared statement.
type preparing struct {
	driver.Connector
	guard    Guard
	finalize bool // statements have to be closed before their connection is
}

// A Guard runs what touches the files of a database, with the privilege that takes. nil means that none does.
type Guard func(fn func() error) error

func (g Guard) run(fn func() error) error {
	if g == nil {
		return fn()
	}
	return g(fn)
}

// Connect implements driver.Connector.
func (p *preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c := &connection{guard: p.guard, finalize: p.finalize, kept: map[string]driver.Stmt{}}
	err := p.guard.run(func() (err error) {
		c.Conn, err = p.Connector.Connect(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// A connection keeps its prepared statements. It ends them when it closes.
type connection struct {
	driver.Conn
	guard    Guard
	finalize bool
	kept     map[string]driver.Stmt
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *connection) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if s, ok := c.kept[text]; ok {
		return statement{s, c.guard}, nil
	}
	if len(c.kept) >= maxStatements {
		return nil, errors.New("too many prepared statements")
	}
	err := c.guard.run(func() error {
		s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
		if err == nil {
			c.kept[text] = s
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return statement{c.kept[text], c.guard}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *connection) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	t := transaction{guard: c.guard}
	err := c.guard.run(func() (err error) {
		t.Tx, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
		return err
	})
	return t, err
}

// ResetSession implements driver.SessionResetter: it tells whether the connection still stands.
func (c *connection) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *connection) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

// CheckNamedValue implements driver.NamedValueChecker: all parameters are strings.
func (c *connection) CheckNamedValue(v *driver.NamedValue) error {
	if _, ok := v.Value.(string); !ok {
		return errors.New("a parameter is no string")
	}
	return nil
}

// Close implements driver.Conn.
func (c *connection) Close() error {
	return c.guard.run(func() (err error) {
		if c.finalize {
			for _, s := range c.kept {
				err = errors.Join(err, s.Close())
			}
		}
		return errors.Join(err, c.Conn.Close())
	})
}

// A transaction is a driver's, ended under the guard.
type transaction struct {
	driver.Tx
	guard Guard
}

func (t transaction) Commit() error   { return t.guard.run(t.Tx.Commit) }
func (t transaction) Rollback() error { return t.guard.run(t.Tx.Rollback) }

// A statement is one that its connection keeps.
type statement struct {
	driver.Stmt
	guard Guard
}

// Close leaves the statement to its connection.
func (s statement) Close() error { return nil }

// QueryContext implements driver.StmtQueryContext.
func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = s.guard.run(func() (err error) {
		rows, err = s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
		return err
	})
	if err != nil || s.guard == nil {
		return rows, err
	}
	return guarded{rows, s.guard}, nil
}

// ExecContext implements driver.StmtExecContext.
func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	err = s.guard.run(func() (err error) {
		result, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return result, err
}

// guarded are rows that are read under the guard.
type guarded struct {
	driver.Rows
	guard Guard
}

func (r guarded) Close() error { return r.guard.run(r.Rows.Close) }
func (r guarded) Next(dest []driver.Value) error {
	return r.guard.run(func() error { return r.Rows.Next(dest) })
}
