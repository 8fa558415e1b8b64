package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"pureftpd/internal/control"
	"pureftpd/internal/getopt"
)

// The scripts know nothing: what may stand in a place is asked of "pure-ftpctl complete", which reads the table of commands and,
// for numbers and names, the servers. Logins come from strangers, so no script evaluates what it reads.
const (
	bashScript = `_pure_ftpctl() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		[[ $line == "${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$line")
	done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}
complete -F _pure_ftpctl pure-ftpctl
`
	zshScript = `#compdef pure-ftpctl
_pure_ftpctl() {
	local -a candidates
	candidates=("${(@f)$("${words[1]}" complete "${(@)words[2,CURRENT-1]}" 2>/dev/null)}")
	compadd -- "${candidates[@]}"
}
if [[ ${funcstack[1]} == _pure-ftpctl ]]; then
	_pure_ftpctl "$@"
else
	compdef _pure_ftpctl pure-ftpctl
fi
`
	fishScript = `function __pure_ftpctl_complete
	set -l words (commandline -opc)
	$words[1] complete $words[2..-1] 2>/dev/null
end
complete -c pure-ftpctl -f -a '(__pure_ftpctl_complete)'
`
)

// completion prints the script of a shell.
func completion(_ context.Context, inv *invocation) error {
	script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[inv.words[0]]
	if !ok {
		return wrong("there is completion for bash, zsh and fish, not for %s", getopt.Quote(inv.words[0]))
	}
	_, err := io.WriteString(inv.out, script)
	return err
}

// completeTimeout bounds how long a shell waits.
const completeTimeout = 2 * time.Second

// complete prints what may follow the words so far, one a line.
func complete(ctx context.Context, inv *invocation) error {
	ctx, cancel := context.WithTimeout(ctx, completeTimeout)
	defer cancel()
	for _, candidate := range candidates(ctx, inv.words) {
		if plain(candidate) {
			if _, err := fmt.Fprintln(inv.out, candidate); err != nil {
				return err
			}
		}
	}
	return nil
}

// plain reports whether a word needs no quotes in any shell.
func plain(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') && !strings.ContainsRune("-_.:@%+,/", r)
	})
}

// candidates are what may follow words.
func candidates(ctx context.Context, words []string) []string {
	flags := commonFlags()
	name := ""
	var c command
	for _, t := range getopt.Split(words, options(flags)) {
		if t.Err == nil && t.Option == getopt.Word && name == "" {
			name = t.Name
		}
	}
	if name == "" {
		return append(commandNames(), names(flags)...)
	}
	c, _ = findCommand(name)
	flags = append(flags, c.flags...)
	inv := &invocation{values: make(map[string]string)}
	last := ""
	for _, t := range getopt.Split(words, options(flags)) {
		switch {
		case t.Err != nil:
			last = longName(t.Name, flags) // an option that waits for its value
		case t.Option == getopt.Word:
			inv.words = append(inv.words, t.Name)
		default:
			inv.values[flags[t.Option].Long] = t.Value
		}
	}
	switch last {
	case userFlag.Long:
		return inv.accounts(ctx)
	case addressFlag.Long:
		return inv.addresses(ctx)
	case serverFlag.Long:
		return inv.pids()
	case "":
		return append(inv.next(ctx, c), names(flags)...)
	}
	return nil
}

// next are the words that a command takes in its next place.
func (inv *invocation) next(ctx context.Context, c command) []string {
	before := inv.words[1:]
	switch {
	case c.name == "limit" && len(before) == 0:
		return []string{"session", "user", "server"}
	case c.name == "limit" && len(before) == 1 && before[0] == "user":
		return inv.accounts(ctx)
	case c.name == "limit" && len(before) == 1 && before[0] == "session", c.name == "kick", c.name == "message",
		c.name == "trace" && len(before) == 0:
		return inv.numbers(ctx)
	case c.name == "ban" && len(before) == 0:
		return inv.addresses(ctx)
	case c.name == "unban":
		return inv.banned(ctx)
	case c.name == "completion" && len(before) == 0:
		return []string{"bash", "zsh", "fish"}
	}
	return nil
}

func commandNames() []string {
	list := []string{"help"}
	for _, c := range commands() {
		if !c.hidden {
			list = append(list, c.name)
		}
	}
	return list
}

func names(flags []flag) []string {
	var list []string
	for _, f := range flags {
		list = append(list, "--"+f.Long)
	}
	return list
}

// longName is the long name of an option as it was typed.
func longName(typed string, flags []flag) string {
	for _, f := range flags {
		if typed == "--"+f.Long || f.Short != 0 && typed == "-"+string(f.Short) {
			return f.Long
		}
	}
	return ""
}

// collect takes the same from all sessions, without a word about what fails.
func (inv *invocation) collect(ctx context.Context, what func(control.Session) string) []string {
	clients, err := inv.servers()
	if err != nil {
		return nil
	}
	all, _ := control.Gather(ctx, clients)
	var list []string
	for _, f := range all {
		list = append(list, what(f.Session))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (inv *invocation) numbers(ctx context.Context) []string {
	return inv.collect(ctx, func(s control.Session) string { return strconv.FormatUint(s.ID, 10) })
}

func (inv *invocation) accounts(ctx context.Context) []string {
	return inv.collect(ctx, func(s control.Session) string { return s.Account })
}

func (inv *invocation) addresses(ctx context.Context) []string {
	return inv.collect(ctx, func(s control.Session) string { return s.Address })
}

func (inv *invocation) banned(ctx context.Context) []string {
	list, _ := inv.allBans(ctx)
	var addresses []string
	for _, b := range list {
		addresses = append(addresses, b.Address)
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

func (inv *invocation) pids() []string {
	delete(inv.values, serverFlag.Long)
	clients, err := inv.servers()
	if err != nil {
		return nil
	}
	var list []string
	for _, c := range clients {
		list = append(list, strconv.Itoa(c.PID()))
	}
	return list
}
