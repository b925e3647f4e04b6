// Package deploy holds what an installation is made with. The files are for
// people and their machines; the drill proves the roles.
package deploy

import _ "embed"

// Roles makes the roles and the database of an installation: a script for psql.
//
//go:embed roles.sql
var Roles string

// Restored ends what a dump brings back to life: a script for psql, run after a
// restore and before serve.
//
//go:embed restored.sql
var Restored string
