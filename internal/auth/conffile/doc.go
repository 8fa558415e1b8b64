// Package conffile reads the configuration files of account sources that are databases and directories: the syntax of the
// original's MySQL, PostgreSQL and LDAP files.
//
// A line is a keyword and its value. Upper and lower case of keywords are the same, the blank between the two may be left
// out, and the value is the rest of the line without the blanks around it: quotes and "#" in it stand for themselves. Lines
// that are empty or begin with "#" or a control character are passed over. Of a keyword given twice the last one counts.
//
// A keyword that is not known, and one without a value, make the whole file useless; all such mistakes are reported
// together, each with its line. What a value means is its reader's to know: [File.Mistake] lets him report in the same way.
// No error shows a value, which may be a password.
package conffile
