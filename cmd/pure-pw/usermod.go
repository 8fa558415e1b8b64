package main

func usermodCommand() command {
	return command{
		name: "usermod", usage: "LOGIN [-t 100 ...]", help: "change an account",
		run: usermod, changes: true, flags: passwordFlags(),
	}
}

// usermod changes what the options name. It never asks for a password, but takes one that an option gives.
func usermod(inv *invocation) error {
	o := &inv.options
	for _, id := range [...]struct {
		given bool
		n     uint32
		what  string
	}{{o.uidGiven, o.uid, "-u"}, {o.gidGiven, o.gid, "-g"}} {
		if id.given && id.n == 0 {
			inv.warn("%s: root is not allowed, so this stays as it was", id.what)
		}
	}
	return inv.modify(o.source != fromDialogue)
}
