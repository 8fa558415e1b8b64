//go:build clients

package clients

import "fmt"

func curlCommands() []command {
	commands := []command{{
		name: "create dirs", way: epsv(), do: func(tr *trip) string {
			url := tr.url(tr.remote + "/x/y [z]/new.txt")
			return tr.run(tr.curl("--ftp-create-dirs", "--upload-file", "new.txt", url))
		},
		there: files{"x/y [z]/new.txt": "new\n"},
	}, {
		name: "pret", way: epsv(), do: func(tr *trip) string {
			url := tr.url(tr.remote) + "/"
			return tr.run(tr.curl("--ftp-pret", url+"a.txt", url)) +
				tr.run(tr.curl("--ftp-pret", "--upload-file", "new.txt", url))
		},
		says:  []string{"PRET RETR", "PRET LIST", "PRET STOR", "alpha\n", " c.dat"},
		there: files{"new.txt": "new\n"},
	}, {
		name: "rename and delete", way: epsv(), do: func(tr *trip) string {
			return tr.run(tr.curl("--quote", "RNFR "+tr.remote+"/a.txt",
				"--quote", "RNTO "+tr.remote+"/z.txt", "--quote", "-DELE b.txt",
				"--output", "z.txt", tr.url(tr.remote+"/z.txt")))
		},
		there: files{"a.txt": gone, "b.txt": gone, "z.txt": "alpha\n"},
		here:  files{"z.txt": "alpha\n"},
	}, {
		name: "delete after upload", way: eprt(), do: func(tr *trip) string {
			url := tr.url(tr.remote) + "/"
			return tr.run(tr.curl("--upload-file", "new.txt", "--quote", "-DELE a.txt", url))
		},
		there: files{"a.txt": gone, "new.txt": "new\n"},
	}, {
		name: "refused quote", way: epsv(), do: func(tr *trip) string {
			output, err := tr.try(tr.curl("--quote", "DELE "+tr.remote+"/missing", tr.url("")))
			return fmt.Sprint(output, err)
		},
		says: []string{"550 ", "exit status 21"},
	}, {
		name: "head", way: epsv(), do: func(tr *trip) string {
			return tr.run(tr.curl("--head", tr.url(tr.remote+"/c.dat")))
		},
		says: []string{"Content-Length: 500", "Last-Modified: ", "Accept-ranges: bytes"},
	}, {
		name: "range", way: epsv(), do: func(tr *trip) string {
			url := tr.url(tr.remote + "/c.dat")
			return tr.run(tr.curl("--range", "13-25", "--output", "part", url))
		},
		here: files{"part": "3456789012345"},
	}, {
		name: "append", way: epsv(), do: func(tr *trip) string {
			url := tr.url(tr.remote + "/a.txt")
			return tr.run(tr.curl("--append", "--upload-file", "new.txt", url))
		},
		there: files{"a.txt": "alpha\nnew\n"},
	}, {
		name: "names", way: epsv(), do: func(tr *trip) string {
			return tr.run(tr.curl("--list-only", tr.url(tr.remote)+"/"))
		},
		says: []string{"NLST", "a.txt\n", "odd [x]\n"},
	}}
	for _, method := range []string{"multicwd", "singlecwd", "nocwd"} {
		for _, w := range []way{epsv(), eprt6()} {
			commands = append(commands, command{
				name: method + " " + w.String(), way: w, do: curlMethod(method),
				says:  []string{" d.txt\n"},
				there: files{"odd [x]/new.txt": "new\n"},
				here:  files{"got": "epsilon\n"},
			})
		}
	}
	return commands
}

// curlMethod lists a folder, fetches and stores a file, with one of the methods to reach them. It
// returns the listing.
func curlMethod(method string) func(*trip) string {
	return func(tr *trip) string {
		run := func(option, file, path string) {
			tr.run(tr.curl("--ftp-method", method, option, file, tr.url(tr.remote+path)))
		}
		run("--output", "listing", "/sub/")
		run("--output", "got", "/odd [x]/e f.txt")
		run("--upload-file", "new.txt", "/odd [x]/new.txt")
		return tr.saved("listing")
	}
}
