package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// The program starts itself again in several roles; a role is named by its first argument.
const (
	roleInside = "role:inside" // in the namespaces: starts the servers, drives the load
	roleEnter  = "role:enter"  // joins a control group, then becomes the server
	roleBare   = "role:bare"   // is the bare kernel loop
	roleBurn   = "role:burn"   // spends CPU time in children, to check the accounting
	roleSpend  = "role:spend"  // is such a child
	roleLookUp = "role:lookup" // looks users up
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run picks the role.
func run(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case roleInside:
			return inside(args[1:])
		case roleEnter:
			return enter(args[1:])
		case roleBare:
			return bare(args[1:])
		case roleBurn:
			return burn(os.Stdin, os.Stdout)
		case roleSpend:
			return spend()
		case roleLookUp:
			return lookUpUsers(args[1:], os.Stdout)
		}
	}
	return outside(args)
}

// outside prepares what needs the machine's own network (packages, modules), then runs the
// measurement in namespaces of its own and copies its report to the file of -o.
func outside(args []string) error {
	plan, err := parsePlan(args)
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("needs root: namespaces, control groups, servers that change their user")
	}
	if err := provide(plan); err != nil {
		return err
	}
	var report io.Writer = os.Stdout
	var file *os.File
	if plan.Output != "" {
		if file, err = os.Create(plan.Output); err != nil {
			return fmt.Errorf("create report: %w", err)
		}
		report = io.MultiWriter(os.Stdout, file)
	}
	err = withGroups(plan, func() error { return runIsolated(plan, report) })
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	return err
}

// inside is the measurement itself: the first process of its namespaces.
func inside(args []string) error {
	if len(args) != 1 {
		return errors.New("inside: wants one argument")
	}
	plan := new(plan)
	if err := json.Unmarshal([]byte(args[0]), plan); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	return conduct(plan, os.Stdout)
}
