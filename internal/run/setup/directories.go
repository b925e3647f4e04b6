package setup

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// DirectoryNameField is the name of the box of a directory's name.
const DirectoryNameField = "directory_name"

const longestDirectoryName = 60

// AddDirectory adds a directory to an organization. text is whatever was pasted
// for its key. An empty name is "Directory". Faults stand beside
// DirectoryNameField or DirectoryKeyField; with any, nothing is changed.
func (r *Runner) AddDirectory(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization, name,
	text string) ([]catalog.FieldError, error) {
	name, bad := directoryName(name)
	if name == "" {
		name = store.FirstDirectory
	}
	key, wrong := PastedKey(text)
	switch {
	case wrong != "":
		bad = append(bad, catalog.FieldError{Field: DirectoryKeyField, Message: wrong})
	case key == "":
		bad = append(bad, catalog.FieldError{Field: DirectoryKeyField,
			Message: "Paste the key, or the page that shows it."})
	}
	if len(bad) > 0 {
		return bad, nil
	}
	err := r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if _, err := run.StillConnected(ctx, tx.HoldConnection, o); err != nil {
			return err
		}
		if err := directoryNameFree(ctx, tx, o, uuid.Nil, name); err != nil {
			return err
		}
		if _, err := tx.AddDirectory(ctx, o.ID, name, key, actor.Operator, r.Now()); err != nil {
			return err
		}
		d := store.Directory{Name: name, Key: key}
		return tx.Record(ctx, directoryRecord(store.DirectoryAdded, actor, o, d,
			"Added "+name+", whose key ends in "+run.Tail(key)+".", r.Now()))
	})
	return directoryConflict(err)
}

// errDirectoryName says that the organization has a directory of a name already.
var errDirectoryName = errors.New("run: a directory has this name")

// directoryNameFree returns errDirectoryName if another of the organization's directories,
// but for the one of this id, has a name that is found by the same words. It holds others
// back who add or rename one.
func directoryNameFree(ctx context.Context, tx *store.Tx, o store.Organization, but uuid.UUID, name string) error {
	if err := tx.LockDirectories(ctx, o.ID); err != nil {
		return err
	}
	found, err := tx.Directories(ctx, o.ID)
	if slices.ContainsFunc(found, func(d store.Directory) bool { return d.ID != but && text.Same(d.Name, name) }) {
		return errDirectoryName
	}
	return err
}

// directoryConflict turns a name or a key that the organization has already into
// a fault beside its box.
func directoryConflict(err error) ([]catalog.FieldError, error) {
	switch {
	case store.IsConflict(err, "directory_key_name"), errors.Is(err, errDirectoryName):
		return fault(DirectoryNameField,
			"This organization already has a directory with this name, apart from case or accents. Choose another name."), nil
	case store.IsConflict(err, "directory_key_key"):
		return fault(DirectoryKeyField, "This organization already has this key."), nil
	}
	return nil, err
}

func directoryName(name string) (string, []catalog.FieldError) {
	if text.Bad(name) != text.Fine {
		return name, fault(DirectoryNameField, "This holds control characters, or bytes that are not text.")
	}
	name = text.Line(name)
	if utf8.RuneCountInString(name) > longestDirectoryName {
		return name, fault(DirectoryNameField, "This is longer than 60 characters.")
	}
	return name, nil
}

// RenameDirectory gives one of an organization's directories another name.
func (r *Runner) RenameDirectory(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	id uuid.UUID, name string) ([]catalog.FieldError, error) {
	name, bad := directoryName(name)
	if name == "" {
		bad = fault(DirectoryNameField, "Fill this in.")
	}
	err := r.changeDirectory(ctx, sc, actor, o, id, func(tx *store.Tx, d store.Directory) (store.Event, string, error) {
		if len(bad) > 0 {
			return store.DirectoryRenamed, "", errFaults // not before it is known that there is one
		}
		if err := directoryNameFree(ctx, tx, o, id, name); err != nil {
			return store.DirectoryRenamed, "", err
		}
		return store.DirectoryRenamed, "Renamed " + d.Name + " to " + name + ".",
			tx.RenameDirectory(ctx, o.ID, id, name)
	})
	if errors.Is(err, errFaults) {
		return bad, nil
	}
	return directoryConflict(err)
}

// MakePrimary makes one of an organization's directories the one that the
// mapping shows.
func (r *Runner) MakePrimary(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	id uuid.UUID) error {
	return r.changeDirectory(ctx, sc, actor, o, id, func(tx *store.Tx, d store.Directory) (store.Event, string, error) {
		return store.DirectoryPrimary, "Made " + d.Name + " primary.", tx.MakePrimary(ctx, o.ID, id)
	})
}

// RemoveDirectory takes one of an organization's directories away. Users who
// come from it stay as they are in Duo.
func (r *Runner) RemoveDirectory(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	id uuid.UUID) error {
	return r.changeDirectory(ctx, sc, actor, o, id, func(tx *store.Tx, d store.Directory) (store.Event, string, error) {
		return store.DirectoryKeyRemoved, "Removed " + d.Name + ", whose key ended in " + run.Tail(d.Key) + ".",
			tx.RemoveDirectory(ctx, o.ID, id)
	})
}

// changeDirectory changes one directory of an organization, with its record.
func (r *Runner) changeDirectory(ctx context.Context, sc store.Scope, actor run.Actor, o store.Organization,
	id uuid.UUID, change func(*store.Tx, store.Directory) (store.Event, string, error)) error {
	return r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		if _, err := run.StillConnected(ctx, tx.HoldConnection, o); err != nil {
			return err
		}
		found, err := tx.Directories(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, d := range found {
			if d.ID != id {
				continue
			}
			event, summary, err := change(tx, d)
			if err != nil {
				return err
			}
			return tx.Record(ctx, directoryRecord(event, actor, o, d, summary, r.Now()))
		}
		return store.ErrNotFound
	})
}

// ReadDirectory reads one of several directories of a form, the one at a place from 0. With
// an empty key there is none. Faults stand beside DirectoryNameField or DirectoryKeyField.
func ReadDirectory(name, text string, place int) (plan.DirectoryChoice, []catalog.FieldError) {
	name, bad := directoryName(name)
	key, wrong := PastedKey(text)
	switch {
	case wrong != "":
		bad = append(bad, catalog.FieldError{Field: DirectoryKeyField, Message: wrong})
	case key == "" && name != "":
		bad = append(bad, catalog.FieldError{Field: DirectoryKeyField,
			Message: "Paste the key, or the page that shows it."})
	}
	if name == "" {
		name = store.FirstDirectory
		if place > 0 {
			name += " " + strconv.Itoa(place+1)
		}
	}
	return plan.DirectoryChoice{Name: name, Key: key}, bad
}
