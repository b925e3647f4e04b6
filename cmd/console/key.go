package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"duodesk/internal/secret"
)

func keyCommand(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) == 2 && args[0] == "new":
		return newKeyFile(args[1], out)
	case len(args) > 0 && args[0] == "rotate":
		return rotateCommand(ctx, args[1:], out)
	}
	return errors.New("usage: console key new FILE, or: console key rotate [--out FILE]")
}

func newKeyFile(path string, out io.Writer) error {
	err := secret.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and stays as it is: what was sealed with it opens with no other", path)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out,
		"Wrote %s. Keep a copy apart from the database's backups: without it, what is sealed is lost.\n", path)
	return err
}
