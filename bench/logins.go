package main

// logins are whole sessions that do nothing: connect, greeting, USER, PASS, QUIT, end.
func logins() []scenario {
	return []scenario{
		loginScenario("login", "login and quit, one after the other", 1, 150),
		loginScenario(crowdName, "login and quit, 16 at once", parallelSessions, 640),
	}
}

// crowdName is the scenario of logins at once.
const crowdName = "login16"

// parallelSessions is the number of clients of a parallel load.
const parallelSessions = 16

// quickShare divides the number of operations with -quick and for warming up.
const quickShare = 5

func loginScenario(name, title string, workers, total int) scenario {
	return scenario{name: name, title: title, metrics: opMetrics(),
		load: func(r *running, less bool) (sample, error) {
			each := r.st.scale(total, less) / workers
			return measure(r, r.settle, each*workers, func() error {
				return parallel(workers, func(worker int) error {
					for range each {
						c, err := login(r, clientAddress(worker))
						if err != nil {
							return err
						}
						if err := c.quit(); err != nil {
							return err
						}
					}
					return nil
				})
			})
		},
	}
}

// scale is the number of operations to do.
func (p *plan) scale(total int, less bool) int {
	if p.Quick {
		total /= quickShare
	}
	if less {
		total /= quickShare
	}
	return total
}
