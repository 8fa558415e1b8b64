package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"

	"pureftpd/internal/pamlink"
)

// askOnce reads a question, asks PAM and writes the answer to the pipe. Modules have the standard descriptors to
// themselves, and none of the pipe.
func askOnce(in io.Reader) error {
	syscall.CloseOnExec(linkFD)
	pipe := os.NewFile(linkFD, "answer")
	var q pamlink.Question
	if err := pamlink.NewReader(in).Read(&q); err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	if err := syscall.Dup3(int(null.Fd()), 0, 0); err != nil {
		return err
	}
	if problem := unavailable(); problem != "" {
		return errors.New(problem)
	}
	a := pamlink.Answer{Outcome: pamlink.Denied, Detail: "no such name or password can exist"}
	if plausible(q) {
		a = askPAM(q)
	}
	return errors.Join(pamlink.Write(pipe, a), pipe.Close())
}

// plausible tells whether PAM, whose strings end at a zero byte, sees the name and the password as they were sent.
func plausible(q pamlink.Question) bool {
	return len(q.User) > 0 && !bytes.ContainsRune(q.User, 0) && !bytes.ContainsRune(q.Password, 0)
}
