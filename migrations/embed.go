// Package migrations holds the database schema as goose SQL files, one change
// a file, in the order of their numbers. The version now running must survive
// the next migration: add first, use later, remove last.
package migrations

import "embed"

// Files are the migrations, to be run by store.Migrate as the owner role.
//
//go:embed *.sql
var Files embed.FS
