// Package page looks at the status page with Chromium: that of a server, built as it is shipped, while clients move files, and that of a crowd in memory.
//
// The tests are behind the build tag `clients` and need the Debian packages that packages.txt lists; under CI a browser that is not there is a failure. The
// browser has no window. What it says on its console and whom it asks for something counts in each test.
//
//	go test -tags clients ./test/page/
//
// The pictures in docs/images are made by
//
//	go test -tags clients -run Picture ./test/page/ -pictures
package page
