// Package handover runs servers that take each other's place while clients are at work.
package handover
