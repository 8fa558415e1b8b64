package main

func passwdCommand() command {
	return command{
		name: "passwd", usage: "LOGIN", help: "give an account another password",
		run: passwd, changes: true, flags: passwordFlags(),
	}
}

// passwd changes the hash and nothing else.
func passwd(inv *invocation) error {
	o := &inv.options
	inv.options = options{
		text: o.text, database: o.database, rebuild: o.rebuild, quiet: o.quiet, source: o.source, secret: o.secret,
		logins: o.logins, memory: o.memory,
	}
	return inv.modify(true)
}
