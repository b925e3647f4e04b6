//go:build !linux

package run

import "time"

func sinceBoot() time.Duration { return elapsed() }
