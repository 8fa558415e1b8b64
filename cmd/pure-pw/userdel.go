package main

func userdelCommand() command {
	return command{
		name: "userdel", usage: "LOGIN", help: "remove an account; its files stay",
		run: userdel, noLogin: statusOther, changes: true,
	}
}

// userdel removes all lines of the login.
func userdel(inv *invocation) error {
	return inv.update(func(old []byte) ([]byte, error) {
		rest, removed := without(old, inv.word)
		if removed == 0 {
			return nil, fail(statusRewrite, "there is no account %q in %s", inv.word, inv.text())
		}
		return rest, nil
	})
}
