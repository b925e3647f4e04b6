package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"
	"unicode/utf8"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// leastPassword is the least number of characters of an operator's password.
const leastPassword = 15

// ownerURL is the database as the role that owns the schema: for commands of the
// host, never for serve.
func ownerURL() (string, error) {
	url := os.Getenv("CONSOLE_OWNER_DATABASE_URL")
	if url == "" {
		return "", errors.New("CONSOLE_OWNER_DATABASE_URL is missing: the database, as the role that owns the schema")
	}
	return url, nil
}

func migrateCommand(ctx context.Context, args []string, out io.Writer) error {
	if err := flag.NewFlagSet("migrate", flag.ExitOnError).Parse(args); err != nil {
		return err
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	applied, err := store.Migrate(ctx, url)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The schema is up to date; %d migrations were applied.\n", applied)
	return err
}

func operatorCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "add" {
		return errors.New("usage: console operator add --workspace NAME --email ADDRESS --role ROLE [--password-stdin]")
	}
	flags := flag.NewFlagSet("operator add", flag.ExitOnError)
	workspace := flags.String("workspace", "", "name of the workspace; made when there is none of that name")
	email := flags.String("email", "", "e-mail address to sign in with")
	role := flags.String("role", "owner", "owner, admin, technician, helpdesk or auditor")
	fromStdin := flags.Bool("password-stdin", false, "read the password from standard input instead of making one up")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	n, err := newOperator(*workspace, *email, *role)
	if err != nil {
		return err
	}
	url, err := ownerURL()
	if err != nil {
		return err
	}
	password := rand.Text()
	if *fromStdin {
		if password, err = readPassword(os.Stdin); err != nil {
			return err
		}
	}
	if n.PasswordHash, err = secret.HashPassword(ctx, password); err != nil {
		return err
	}
	added, err := store.AddOperator(ctx, url, n)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is %s of the workspace at /w/%s.\n", n.Email, n.Role, added.Workspace)
	switch {
	case !added.New:
		fmt.Fprintln(out, "The operator existed before and keeps the old password.")
	case !*fromStdin:
		fmt.Fprintf(out, "Password, shown this once: %s\n", password)
	}
	return nil
}

func newOperator(workspace, email, role string) (store.NewOperator, error) {
	n := store.NewOperator{Workspace: strings.TrimSpace(workspace), Email: strings.ToLower(strings.TrimSpace(email)), Role: role}
	var faults []error
	if n.Workspace == "" {
		faults = append(faults, errors.New("--workspace is missing"))
	}
	if address, err := mail.ParseAddress(n.Email); err != nil || address.Address != n.Email {
		faults = append(faults, errors.New("--email is not an e-mail address"))
	}
	if catalog.ParseRole(role) == 0 {
		faults = append(faults, errors.New("--role is none of owner, admin, technician, helpdesk, auditor"))
	}
	return n, errors.Join(faults...)
}

func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	password := strings.TrimRight(line, "\r\n")
	if utf8.RuneCountInString(password) < leastPassword {
		return "", fmt.Errorf("the password needs at least %d characters", leastPassword)
	}
	return password, nil
}
