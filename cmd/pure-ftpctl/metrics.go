package main

import "context"

// printMetrics prints what Prometheus reads. Two servers have the same names for their counters, so it is one server's.
func printMetrics(ctx context.Context, inv *invocation) error {
	clients, err := inv.servers()
	if err != nil {
		return err
	}
	if len(clients) > 1 {
		return wrong("there are %d servers, %s: say which by --server", len(clients), processes(clients))
	}
	text, err := clients[0].Metrics(ctx)
	if err != nil {
		return err
	}
	_, err = inv.out.Write(text)
	return err
}
