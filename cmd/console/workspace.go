package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"duodesk/internal/store"
)

const workspaceUsage = "usage: console workspace admit-all --workspace SLUG --by OWNER'S-EMAIL"

// workspaceCommand opens a workspace to every address again, when nobody comes from those that it admits.
func workspaceCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "admit-all" {
		return errors.New(workspaceUsage)
	}
	flags := flag.NewFlagSet("workspace admit-all", flag.ExitOnError)
	slug := flags.String("workspace", "", "slug of the workspace: the part after /w/ in its addresses")
	by := flags.String("by", "", "email address of the owner who answers for it: the record names them")
	if err := parseFlags(flags, args[1:]); err != nil {
		return err
	}
	if *slug == "" || *by == "" {
		return errors.New(workspaceUsage)
	}
	email, err := parseEmail(*by)
	if err != nil {
		return err
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	summary := "Opened the workspace to every address, on the host as " + hostAccount() + "."
	was, err := store.ClearRanges(ctx, url, *slug, email, summary, time.Now())
	switch {
	case errors.Is(err, store.ErrNotOwner):
		return fmt.Errorf("%s is not an owner of the workspace %s who can sign in", email, *slug)
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("no workspace has the slug %q", *slug)
	case err != nil:
		return err
	case len(was) == 0:
		_, err = fmt.Fprintf(out, "The workspace at /w/%s was open from every address.\n", *slug)
	default:
		_, err = fmt.Fprintf(out, "The workspace at /w/%s is open from every address again. Until now it was from %s.\n",
			*slug, was)
	}
	return err
}
