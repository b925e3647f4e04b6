// Package members keeps who may work in a workspace: memberships, invitations, access tokens.
package members

import "duodesk/internal/run"

// Runner does on record what changes who may do what.
type Runner struct{ *run.Runner }

// New makes a Runner.
func New(r *run.Runner) *Runner { return &Runner{r} }
