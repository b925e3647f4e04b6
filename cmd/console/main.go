// Command console is the whole product in one binary: the web console, its
// database migrations, the Duo simulator, and the few things that are done on
// the host rather than in a browser.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"duodesk/internal/store"
	"duodesk/internal/task"
)

const usage = `console runs Cisco Duo for every client of an MSP.

  console serve        start the web console (configured by the environment)
  console healthcheck  ask the server on this machine whether it can work
  console migrate      bring the database schema up to date
  console dev          start everything for a trial: private Postgres, simulator, console
  console duosim       start the Duo simulator alone
  console operator     add an operator, reset a password, disable or enable
  console workspace    open a workspace to every address again
  console key          make a key file, or rotate its key
  console record       delete old months of the record, after an export
  console sign-on      let a workspace in whose single sign-on is broken
  console drill        restore a backup into a server of its own and see whether it is whole
  console version      print the version

The README tells which environment variables serve reads.
`

// command is one word after "console".
type command func(ctx context.Context, args []string, out io.Writer) error

var commands = map[string]command{
	"serve":       serveCommand,
	"healthcheck": healthcheckCommand,
	"migrate":     migrateCommand,
	"dev":         devCommand,
	"duosim":      duosimCommand,
	"operator":    operatorCommand,
	"workspace":   workspaceCommand,
	"key":         keyCommand,
	"record":      recordCommand,
	"sign-on":     signOnCommand,
	"drill":       drillCommand,
	"version":     versionCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second one ends the process at once.
	task.AfterFunc(ctx, slog.Default(), "take the second signal", stop)
	err := dispatch(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "console:", inWords(err))
		os.Exit(1)
	}
}

// inWords is an error as a command ends with it: trouble in the database is named
// first.
func inWords(err error) string {
	if trouble, is := store.TroubleOf(err); is {
		return trouble.Text() + "\n" + err.Error()
	}
	return err.Error()
}

func dispatch(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		_, err := io.WriteString(out, usage)
		return err
	}
	run, found := commands[args[0]]
	if !found {
		return errors.New("there is no command " + args[0] + "; see: console help")
	}
	return run(ctx, args[1:], out)
}

// parseFlags reads the flags of a command, and refuses other words: a flag without its dash
// would be ignored, and the command would do less than was asked for.
func parseFlags(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no word %q; see: console %s -h", flags.Name(), flags.Arg(0), flags.Name())
	}
	return nil
}

func versionCommand(_ context.Context, _ []string, out io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this binary carries no version")
	}
	_, err := fmt.Fprintf(out, "duodesk console %s (%s)\n", info.Main.Version, info.GoVersion)
	return err
}
