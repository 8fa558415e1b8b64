// Package reload has servers read their configuration again while sessions run. As root it is a server that has given up its
// privileges, with a configuration that only root can read.
package reload
