// Package setup keeps what connects the console with Duo: keys and their checks, the mapping,
// organizations, directories, Auth API applications.
package setup

import "duodesk/internal/run"

// Runner does on record what sets a workspace or an organization up.
type Runner struct{ *run.Runner }

// New makes a Runner.
func New(r *run.Runner) *Runner { return &Runner{r} }
