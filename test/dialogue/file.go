package dialogue

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// A File is a dialogue with everything around it.
type File struct {
	Script  Script
	Options []string // words of the command line
	Users   string   // lines of a passwd file; "": only ann
	Setup   []string // lines that make what an archive cannot hold
	Log     []string // patterns of lines the server must log, in order
	Differs []string // keys of the differences to the original
	Gone    []string // files that must not be there afterwards
	Root    bool     // needs a server that is root, in a system of its own
	Inetd   bool     // the server is started for each connection, on its standard input
	Ours    bool     // asks for something the original does not have: it is never replayed against that
	Virtual bool     // needs the virtual chroot: the program whose name ends in -virtualchroot

	Files map[string]string // by path: what is there before
	After map[string]string // by path in the home: patterns of what must be there afterwards

	// What the original leaves where it differs.
	OriginalGone  []string
	OriginalAfter map[string]string
}

// Parse reads a dialogue.
func Parse(archive []byte) (*File, error) {
	a := txtar.Parse(archive)
	f := &File{
		Files: make(map[string]string), After: make(map[string]string),
		OriginalAfter: make(map[string]string),
	}
	var err error
	if f.Script, err = ParseScript(string(a.Comment)); err != nil {
		return nil, err
	}
	for _, section := range a.Files {
		if err := f.section(section.Name, string(section.Data)); err != nil {
			return nil, fmt.Errorf("section %s: %w", section.Name, err)
		}
	}
	return f, f.check()
}

func (f *File) section(name, text string) error {
	switch name {
	case "options":
		f.Options = strings.Fields(text)
	case "users":
		f.Users = text
	case "setup":
		f.Setup = lines(text)
	case "log":
		f.Log = lines(text)
	case "differs":
		f.Differs = strings.Fields(text)
	case "gone":
		f.Gone = lines(text)
	case "[original] gone":
		f.OriginalGone = lines(text)
	case "needs":
		return f.needs(strings.Fields(text))
	default:
		f.tree(name, text)
	}
	return nil
}

func (f *File) needs(words []string) error {
	for _, word := range words {
		switch word {
		case "root":
			f.Root = true
		case "inetd":
			f.Inetd = true
		case "ours":
			f.Ours = true
		case "virtualchroot":
			f.Virtual = true
		default:
			return fmt.Errorf("%q cannot be needed", word)
		}
	}
	return nil
}

func (f *File) tree(name, text string) {
	if path, ok := strings.CutPrefix(name, "[original] after/"); ok {
		f.OriginalAfter[path] = text
	} else if path, ok := strings.CutPrefix(name, "after/"); ok {
		f.After[path] = text
	} else {
		f.Files[name] = text
	}
}

// marked reports whether the dialogue says in what the original differs.
func (f *File) marked() bool {
	marked := len(f.OriginalGone)+len(f.OriginalAfter) > 0
	for _, step := range f.Script {
		marked = marked || step.Only != ""
	}
	return marked
}

// check refuses a dialogue that differs for the original without saying why.
func (f *File) check() error {
	if f.marked() && len(f.Differs) == 0 {
		return fmt.Errorf("[ours] or [original] without a section differs")
	}
	return nil
}

// Leaves returns what a server, Ours or Original, must leave: patterns by path, and the paths
// that must be gone.
func (f *File) Leaves(server string) (after map[string]string, gone []string) {
	after = maps.Clone(f.After)
	gone = f.Gone
	if server != Original {
		return after, gone
	}
	for path, text := range f.OriginalAfter {
		after[path] = text
		gone = slices.DeleteFunc(slices.Clone(gone), func(g string) bool { return g == path })
	}
	for _, path := range f.OriginalGone {
		delete(after, path)
		gone = append(gone, path)
	}
	return after, gone
}

// lines returns the lines of text that are not empty.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			all = append(all, line)
		}
	}
	return all
}
