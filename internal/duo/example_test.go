package duo_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"duodesk/internal/duo"
	"duodesk/internal/duo/duosim"
)

// A provider looks up a user in a client's account and makes a bypass code. The example talks to
// the simulator; with the address and authority left out of TransportOptions it would talk to Duo.
func Example() {
	ctx := context.Background()
	sim, err := duosim.New(duosim.Options{})
	if err != nil {
		log.Fatal(err)
	}
	server, err := duosim.Listen(ctx, "127.0.0.1:0", sim, duosim.ListenOptions{})
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve()
	defer server.Close(ctx)
	parent := sim.AddParent("Northwind")
	sim.AddUser(sim.AddChild(parent.AccountID, "Acme Dental").AccountID, duosim.UserSpec{Username: "ada"})
	pem, err := os.ReadFile(server.Ready().CAFile)
	if err != nil {
		log.Fatal(err)
	}
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(pem)

	keys := parent.Application(duosim.AccountsAPI)
	accounts := duo.New(duo.Credentials{
		Host:           parent.APIHostname,
		IntegrationKey: keys.IntegrationKey,
		Secret: func(use func(key []byte)) error {
			use([]byte(keys.SecretKey))
			return nil
		},
	}, duo.Options{
		Transport: duo.NewTransport(duo.TransportOptions{SandboxAddress: server.Ready().Address, SandboxCA: ca}),
	})

	children, err := accounts.ListAccounts(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, child := range children {
		c := accounts.ForAccount(child.ID, child.Host)
		user, found, err := c.UserByUsername(ctx, "ada")
		if err != nil || !found {
			log.Fatal("no Ada: ", err)
		}
		codes, err := c.CreateBypassCodes(ctx, user.ID, duo.NewBypassCodes{
			Count: 1, ReuseCount: 1, ValidFor: time.Hour, PreserveExisting: true,
		})
		switch refused, ok := errors.AsType[*duo.Error](err); {
		case ok && refused.Code == duo.CodeRateLimited:
			fmt.Println("try again in", refused.RetryAfter)
		case duo.MayHaveBeenApplied(err):
			fmt.Println("look at Ada's codes before trying again")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Printf("%s: %d code for %s\n", child.Name, len(codes), user.Username)
		}
	}
	// Output: Acme Dental: 1 code for ada
}
