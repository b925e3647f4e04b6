package plan

import "duodesk/internal/store"

// Dying makes a Runner whose process dies where stop says so.
func (r *Runner) Dying(stop func(at string, step store.PlanStep) bool) *Runner {
	return &Runner{Runner: r.Runner, stop: stop}
}
