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

const signOnUsage = `usage:
  console sign-on stop-requiring --workspace SLUG`

// signOnCommand is for the day when neither a workspace's identity provider nor its
// break-glass owner is at hand.
func signOnCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "stop-requiring" {
		return errors.New(signOnUsage)
	}
	flags := flag.NewFlagSet("sign-on stop-requiring", flag.ExitOnError)
	workspace := flags.String("workspace", "", "slug of the workspace, as in /w/SLUG")
	if err := parseFlags(flags, args[1:]); err != nil {
		return err
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	required, err := store.StopRequiringSignOnOnHost(ctx, url, *workspace, time.Now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no workspace %q", *workspace)
	case err != nil:
		return err
	case !required:
		fmt.Fprintf(out, "%s does not require single sign-on.\n", *workspace)
	default:
		fmt.Fprintf(out, "%s no longer requires single sign-on: operators sign in with their own password and second "+
			"factor, or passkey.\n", *workspace)
	}
	return nil
}
