package main

// modify changes the account of the login as the options say, and gives it a new password if it is to have
// one. The account is looked up twice: before the password is asked for, and under the lock, as it is then.
func (inv *invocation) modify(newPassword bool) error {
	if _, err := inv.findInFile(); err != nil {
		return err
	}
	var s secret
	if newPassword {
		var err error
		if s, err = inv.newSecret(); err != nil {
			return err
		}
	}
	err := inv.update(func(old []byte) ([]byte, error) {
		e, err := inv.find(string(old))
		if err != nil {
			return nil, err
		}
		if err := e.change(&inv.options); err != nil {
			return nil, err
		}
		if s.hash != "" {
			e.Hash = s.hash
		}
		return replace(old, &e.Record)
	})
	if err != nil {
		return err
	}
	return s.tell(inv.out)
}
