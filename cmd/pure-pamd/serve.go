package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"pureftpd/internal/pamlink"
)

// endLimit is how long a process may take to end once it has answered.
const endLimit = 5 * time.Second

// serveLink serves the server at the other end of the socket; limit is the time of one login.
func serveLink(limit string) error {
	d, err := time.ParseDuration(limit)
	if err != nil || d <= 0 {
		return fmt.Errorf("bad time limit %q", limit)
	}
	syscall.CloseOnExec(linkFD)
	link := os.NewFile(linkFD, "link")
	return serve(link, helper{problem: unavailable(), limit: d, worker: func() *exec.Cmd {
		// This program, even if its file has been replaced; modules log under its name.
		return &exec.Cmd{Path: "/proc/self/exe", Args: []string{"pure-pamd", "ask"}}
	}})
}

// A helper answers questions.
type helper struct {
	problem string           // why none can be answered; "" if they can
	limit   time.Duration    // for one answer
	worker  func() *exec.Cmd // a process that answers one
}

// serve answers questions until there are no more. The server bounds how many it has open at a time.
func serve(link io.ReadWriter, h helper) error {
	if err := pamlink.Write(link, pamlink.Hello{Problem: h.problem}); err != nil {
		return err
	}
	if h.problem != "" {
		return errors.New(h.problem)
	}
	ctx, stop := context.WithCancel(context.Background())
	var open sync.WaitGroup
	defer open.Wait()
	defer stop()
	var writing sync.Mutex
	for questions := pamlink.NewReader(link); ; {
		var q pamlink.Question
		if err := questions.Read(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		open.Go(func() {
			a := h.answer(ctx, q)
			a.ID = q.ID
			writing.Lock()
			defer writing.Unlock()
			_ = pamlink.Write(link, a) // the server is gone: the next Read says so
		})
	}
}

// answer has a process of its own ask PAM. Whatever becomes of that process, there is an answer.
func (h helper) answer(ctx context.Context, q pamlink.Question) pamlink.Answer {
	ctx, cancel := context.WithTimeout(ctx, h.limit)
	defer cancel()
	w, err := startWorker(h.worker(), q)
	if err != nil {
		return failed(err)
	}
	type result struct {
		answer pamlink.Answer
		err    error
	}
	came := make(chan result, 1)
	go func() { // ends with the pipe, which end closes
		var r result
		r.err = pamlink.NewReader(w.pipe).Read(&r.answer)
		came <- r
	}()
	select {
	case r := <-came:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			w.kill() // it may wait for somebody to read the rest
		}
		ended := w.end(endLimit)
		if r.err == nil {
			return r.answer
		}
		return failed(fmt.Errorf("the process that asked PAM gave no answer: %w", cmp.Or(ended, r.err)))
	case <-ctx.Done():
		w.kill()
		_ = w.end(endLimit) // killed, as it was meant to be
		<-came
		return failed(fmt.Errorf("PAM took longer than %s; its modules were stopped", h.limit))
	}
}

func failed(err error) pamlink.Answer {
	return pamlink.Answer{Outcome: pamlink.Failed, Detail: err.Error()}
}

// A worker is a process that asks PAM once.
type worker struct {
	cmd  *exec.Cmd
	pipe *os.File // its answer
}

// startWorker starts a process and hands it the question.
func startWorker(cmd *exec.Cmd, q pamlink.Question) (*worker, error) {
	answer, end, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer end.Close()
	question, in, err := os.Pipe()
	if err != nil {
		_ = answer.Close()
		return nil, err
	}
	defer question.Close()
	cmd.Stdin, cmd.ExtraFiles, cmd.Dir, cmd.Env = question, []*os.File{end}, "/", os.Environ()
	err = cmd.Start()
	if err == nil {
		err = pamlink.Write(in, q) // less than a pipe holds, so this does not wait
	}
	if err = errors.Join(err, in.Close()); err != nil {
		err = errors.Join(err, answer.Close())
		if cmd.Process != nil {
			err = errors.Join(err, cmd.Process.Kill(), cmd.Wait())
		}
		return nil, fmt.Errorf("start a process to ask PAM: %w", err)
	}
	return &worker{cmd, answer}, nil
}

// kill ends the process and those that its modules have started, which may have left its process group.
func (w *worker) kill() { killTree(w.cmd.Process.Pid) }

// end waits for the process, which may take so long to end by itself, and closes the pipe.
func (w *worker) end(limit time.Duration) error {
	late := time.AfterFunc(limit, w.kill)
	defer late.Stop()
	return errors.Join(w.cmd.Wait(), w.pipe.Close())
}
