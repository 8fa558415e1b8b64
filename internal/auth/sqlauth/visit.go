package sqlauth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"pureftpd/internal/auth"
)

// A visit is the conversation of one login with the database, on one connection.
type visit struct {
	b      *Backend
	login  context.Context // of the session that logs in
	ctx    context.Context // ends with it, or when the database's time is up
	cancel context.CancelFunc
	timer  *time.Timer // runs while the database is asked, not while a password is checked
	values values
	conn   *sql.Conn
	tx     *sql.Tx // nil without transactions
	spoilt bool    // the connection is not to be used again
}

// errTimeout says that the database's time is up.
var errTimeout = errors.New("no answer in time")

// begin takes a connection. If it succeeds, the visit has to be ended.
func (b *Backend) begin(login context.Context, c auth.Credentials) (*visit, error) {
	if err := b.pool.wait(login); err != nil {
		if login.Err() != nil {
			return nil, fmt.Errorf("wait for the database: %w", login.Err())
		}
		return nil, fmt.Errorf("%w: %s: %w", auth.ErrDown, b.where, err)
	}
	v := &visit{b: b, login: login, values: valuesOf(c)}
	ctx, cancel := context.WithCancelCause(login)
	v.ctx, v.cancel = ctx, func() { cancel(nil) }
	v.timer = time.AfterFunc(b.timeout, func() { cancel(errTimeout) })
	var err error
	if v.conn, err = b.pool.connect(login, v.ctx); err != nil {
		err = v.broken(fmt.Errorf("connect: %w", err))
	} else if b.transactions {
		if v.tx, err = v.conn.BeginTx(v.ctx, nil); err != nil {
			err = v.broken(fmt.Errorf("begin a transaction: %w", err))
		}
	}
	if err != nil {
		v.end()
		return nil, err
	}
	return v, nil
}

// end gives everything back. A transaction that is not committed is undone.
func (v *visit) end() {
	v.timer.Stop()
	if v.tx != nil {
		if err := v.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
			v.spoilt = true
		}
	}
	v.cancel()
	if v.conn != nil {
		v.b.pool.end(v.conn, v.spoilt)
	}
	v.b.pool.give()
}

// broken makes an error of the database's one that ends the login.
func (v *visit) broken(err error) error {
	v.spoilt = true
	switch {
	case v.login.Err() != nil:
		return fmt.Errorf("ask %s: %w", v.b.where, v.login.Err())
	case errors.Is(context.Cause(v.ctx), errTimeout):
		return fmt.Errorf("%w: %s: %w (%v): %w", auth.ErrDown, v.b.where, errTimeout, v.b.timeout, err)
	}
	return fmt.Errorf("%w: %s: %w", auth.ErrDown, v.b.where, err)
}

// pause stops the database's time until resume.
func (v *visit) pause()  { v.timer.Stop() }
func (v *visit) resume() { v.timer.Reset(v.b.timeout) }

// ask runs a query and returns its answer. The error is errNothing, an errAnswer, or one that ends the login.
func (v *visit) ask(q *query) (string, error) {
	if q.fixed != "" {
		return q.fixed, nil
	}
	answer, found, answered := "", errNothing, false
	for i, s := range q.statements {
		text, has, err := v.run(s)
		if err != nil && !errors.Is(err, errNothing) && !errors.Is(err, errAnswer) {
			return "", v.broken(fmt.Errorf("%s: %w", q.key, err))
		}
		last := i == len(q.statements)-1
		if v.b.dialect.Last && last || !v.b.dialect.Last && has && !answered {
			answer, found, answered = text, err, true
		}
	}
	return answer, found
}

// run runs one statement to its end and reports whether it has rows at all.
func (v *visit) run(s Statement) (answer string, has bool, err error) {
	var rows *sql.Rows
	if v.tx != nil {
		rows, err = v.tx.QueryContext(v.ctx, s.SQL, v.values.of(s)...)
	} else {
		rows, err = v.conn.QueryContext(v.ctx, s.SQL, v.values.of(s)...)
	}
	if err != nil {
		return "", false, err
	}
	columns, err := rows.Columns()
	if err == nil {
		answer, err = cell(rows)
	}
	for err == nil || errors.Is(err, errNothing) || errors.Is(err, errAnswer) { // what else a procedure returns
		if !rows.NextResultSet() {
			break
		}
	}
	if failed := errors.Join(rows.Err(), rows.Close()); failed != nil {
		err = failed
	}
	return answer, len(columns) > 0, err
}

// commit ends the transaction, if there is one.
func (v *visit) commit() error {
	if v.tx == nil {
		return nil
	}
	if err := v.tx.Commit(); err != nil {
		return v.broken(fmt.Errorf("commit: %w", err))
	}
	return nil
}
