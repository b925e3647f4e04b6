package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// everyOrganization is what --organizations is when it is not given.
const everyOrganization = "*"

const operatorUsage = `usage:
  console operator add     --workspace NAME --email ADDRESS --role ROLE [--organizations SLUG,SLUG]
                           [--existing] [--password-stdin]
  console operator reset   --email ADDRESS [--password-stdin]
  console operator disable --email ADDRESS
  console operator enable  --email ADDRESS`

func operatorCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(operatorUsage)
	}
	switch args[0] {
	case "add":
		return addOperator(ctx, args[1:], out)
	case "reset":
		return resetOperator(ctx, args[1:], out)
	case "disable":
		return disableOperator(ctx, args[1:], out)
	case "enable":
		return enableOperator(ctx, args[1:], out)
	}
	return errors.New(operatorUsage)
}

func addOperator(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("operator add", flag.ExitOnError)
	workspace := flags.String("workspace", "", "name of the workspace; made when there is none of that name")
	email := flags.String("email", "", "email address to sign in with")
	role := flags.String("role", "", "owner, admin, technician, helpdesk or auditor")
	organizations := flags.String("organizations", everyOrganization,
		"addresses (slugs) of the organizations to reach, with commas between them; * for all")
	fromStdin := flags.Bool("password-stdin", false, "read the password from standard input instead of making one up")
	existing := flags.Bool("existing", false,
		"the operator may exist already, made by another workspace, and keeps their password")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	n, err := newOperator(*workspace, *email, *role, *organizations)
	if err != nil {
		return err
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	password, hash, err := newPassword(ctx, n.Email, *fromStdin, n.Workspace)
	if err != nil {
		return err
	}
	n.PasswordHash, n.At, n.OnlyNew = hash, time.Now(), !*existing
	added, err := store.AddOperator(ctx, url, n)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is %s of the workspace at /w/%s.\n", n.Email, n.Role, added.Workspace)
	switch {
	case !added.New:
		fmt.Fprintln(out, "The operator existed before and keeps the old password.")
	case !*fromStdin:
		showPassword(out, password)
	}
	return nil
}

func newOperator(workspace, email, role, organizations string) (store.NewOperator, error) {
	n := store.NewOperator{Workspace: strings.TrimSpace(workspace), Role: role}
	var faults []error
	if n.Workspace == "" {
		faults = append(faults, errors.New("--workspace is missing"))
	}
	address, err := parseEmail(email)
	n.Email, faults = address, append(faults, err)
	if catalog.ParseRole(role) == 0 {
		faults = append(faults, errors.New("--role is none of owner, admin, technician, helpdesk, auditor"))
	}
	if organizations != everyOrganization {
		for slug := range strings.SplitSeq(organizations, ",") {
			n.Organizations = append(n.Organizations, strings.TrimSpace(slug))
		}
		if slices.Contains(n.Organizations, "") {
			// A comma too many, or a variable of the shell that is empty, must not come
			// to mean all of them.
			faults = append(faults, errors.New("--organizations holds an empty address"))
		}
		if catalog.ParseRole(role) == catalog.Owner {
			faults = append(faults, errors.New("--organizations: an owner reaches all of them"))
		}
	}
	return n, errors.Join(faults...)
}

func parseEmail(text string) (string, error) {
	email, fault := site.EmailOf(text)
	if fault != "" {
		return "", errors.New("--email: " + fault)
	}
	return email, nil
}

// newPassword makes a password up for an operator or reads one, and hashes it. names
// are those of the operator's workspaces.
func newPassword(ctx context.Context, email string, fromStdin bool, names ...string) (password, hash string,
	err error) {
	password = rand.Text()
	if fromStdin {
		if password, err = readPassword(os.Stdin, email, names); err != nil {
			return "", "", err
		}
	}
	hash, err = secret.HashPassword(ctx, password)
	return password, hash, err
}

func showPassword(out io.Writer, password string) {
	fmt.Fprintf(out, "Password, shown this once: %s\n", password)
}

func readPassword(in io.Reader, email string, names []string) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	password := strings.TrimRight(line, "\r\n")
	if fault := site.PasswordFault(password, email, names...); fault != "" {
		return "", errors.New("the password: " + fault)
	}
	return password, nil
}

// named reads the flags of a command about one operator who exists.
func named(flags *flag.FlagSet, args []string) (email, url string, err error) {
	text := flags.String("email", "", "email address of the operator")
	if err := parseFlags(flags, args); err != nil {
		return "", "", err
	}
	if email, err = parseEmail(*text); err != nil {
		return "", "", err
	}
	url, err = ownerURL()
	return email, url, err
}

// found says what ErrNotFound means here.
func found(email string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no operator %s", email)
	}
	return err
}

func resetOperator(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("operator reset", flag.ExitOnError)
	fromStdin := flags.Bool("password-stdin", false, "read the password from standard input instead of making one up")
	email, url, err := named(flags, args)
	if err != nil {
		return err
	}
	names, err := store.WorkspaceNames(ctx, url, email)
	if err != nil {
		return found(email, err)
	}
	password, hash, err := newPassword(ctx, email, *fromStdin, names...)
	if err != nil {
		return err
	}
	shut, err := store.ResetPassword(ctx, url, email, hash, time.Now(), catalog.LeavingKeys()...)
	if err != nil {
		return found(email, err)
	}
	fmt.Fprintf(out, "%s has a new password. Removed second factors: %d; new ones are set up at the next sign-in.\n",
		email, shut.Factors)
	if !*fromStdin {
		showPassword(out, password)
	}
	showShutOut(out, shut)
	return nil
}

func disableOperator(ctx context.Context, args []string, out io.Writer) error {
	email, url, err := named(flag.NewFlagSet("operator disable", flag.ExitOnError), args)
	if err != nil {
		return err
	}
	shut, err := store.DisableOperator(ctx, url, email, time.Now(), catalog.LeavingKeys()...)
	if err != nil {
		return found(email, err)
	}
	fmt.Fprintf(out, "%s cannot sign in any more, to any workspace.\n", email)
	showShutOut(out, shut)
	for _, slug := range shut.Ownerless {
		fmt.Fprintf(out,
			"The workspace at /w/%s is without an owner now: add one with console operator add --role owner.\n", slug)
	}
	return nil
}

// showShutOut prints what ended for an operator, and what the account changed in
// the day before: a thief of a session may have left a way back.
func showShutOut(out io.Writer, shut store.ShutOut) {
	fmt.Fprintf(out, "Ended sessions: %d, access tokens: %d, invitations: %d. Forgotten devices: %d.\n", shut.Sessions,
		shut.Tokens, shut.Invitations, shut.Devices)
	if len(shut.Changes) == 0 {
		fmt.Fprintln(out, "The account changed no members, access tokens or keys in the last 24 hours.")
		return
	}
	fmt.Fprintln(out,
		"Members, access tokens and keys that the account changed in the last 24 hours (undo what its owner did not do):")
	for _, c := range shut.Changes {
		line := fmt.Sprintf("%s  /w/%s  %s", c.At.UTC().Format("2006-01-02 15:04 UTC"), c.Workspace, c.Action)
		if c.Subject != "" {
			line += " " + c.Subject
		}
		if c.State != store.Applied {
			line += " (" + c.State + ")"
		}
		if c.Summary != "" {
			line += ": " + c.Summary
		}
		if c.Token != "" {
			line += " By the access token " + c.Token + "."
		}
		fmt.Fprintln(out, "  "+catalog.Plain(line))
	}
}

func enableOperator(ctx context.Context, args []string, out io.Writer) error {
	email, url, err := named(flag.NewFlagSet("operator enable", flag.ExitOnError), args)
	if err != nil {
		return err
	}
	if err := store.EnableOperator(ctx, url, email, time.Now()); err != nil {
		return found(email, err)
	}
	_, err = fmt.Fprintf(out, "%s can sign in again.\n", email)
	return err
}
