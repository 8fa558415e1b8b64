//go:build !privileged

package dialogue

// privileged tells that only dialogues are to be replayed that any user may replay.
const privileged = false
