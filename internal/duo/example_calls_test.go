package duo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"duodesk/internal/duo"
)

// The clients of a process share one transport and one Pacer.
var (
	transport = duo.NewTransport(duo.TransportOptions{})
	pacer     = new(duo.Pacer)
)

func ExampleNew() {
	secret := []byte("…") // opened for this purpose, and closed again
	client := duo.New(duo.Credentials{
		Host:           "api-1a2b3c4d.duosecurity.com",
		IntegrationKey: "DISIMULATEDKEY000001",
		Secret:         func(use func(key []byte)) error { use(secret); return nil },
	}, duo.Options{Transport: transport, Pacer: pacer})

	summary, err := client.InfoSummary(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary.Users, "users")
}

// A push is sent, and followed until the user has answered.
func ExampleClient_StartAuth() {
	ctx, client := context.Background(), auth()
	user := duo.AuthUser{Username: "ada"}
	preauth, err := client.Preauth(ctx, user, duo.AccessDevice{})
	if err != nil {
		log.Fatal(err)
	}
	if preauth.Result != duo.PreauthAuth {
		fmt.Println(preauth.Result, preauth.Message)
		return
	}
	id, err := client.StartAuth(ctx, duo.AuthRequest{
		User: user, Factor: duo.FactorPush, Type: "Help desk call",
		Info: []duo.PushInfo{{Name: "Asked by", Value: "Northwind IT"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 20 { // Duo holds each answer back until something changes
		result, err := client.AuthStatus(ctx, id)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(result.Message)
		if !result.Waiting() {
			fmt.Println("allowed:", result.Allowed())
			return
		}
	}
}

// A loop over a list asks for page after page, and ends with the first error.
func ExampleClient_Users() {
	for user, err := range admin().Users(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(user.Username, user.Status)
	}
}

func ExampleClient_AuthenticationLog() {
	day := duo.LogWindow{From: time.Now().Add(-24 * time.Hour), To: time.Now()}
	for event, err := range admin().AuthenticationLog(context.Background(), day, 5) {
		switch {
		case errors.Is(err, duo.ErrMorePages):
			fmt.Println("and more")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(event.Time, event.User.Name, event.Result, event.Reason)
		}
	}
}

// Only a write that was certainly not applied may be sent again.
func ExampleMayHaveBeenApplied() {
	group, err := admin().CreateGroup(context.Background(), duo.GroupFields{Name: new("Pilots")})
	refused, isRefusal := errors.AsType[*duo.Error](err)
	switch {
	case err == nil:
		fmt.Println("made", group.ID)
	case duo.MayHaveBeenApplied(err):
		fmt.Println("look for the group before you make it again")
	case isRefusal && refused.Code == duo.CodeRateLimited:
		fmt.Println("not made; try again in", refused.RetryAfter)
	default:
		fmt.Println("not made:", err)
	}
}

// Calls without a function of their own.
func ExampleClient_DoPages() {
	request := duo.Request{Method: http.MethodGet, Path: "/admin/v1/endpoints", Params: duo.Params{"limit": 500}}
	for answer, err := range admin().DoPages(context.Background(), request, 10) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", answer.Response)
	}
}

// A synchronization leaves room for people and waits its turn.
func ExamplePacer() {
	client := duo.New(duo.Credentials{}, duo.Options{Transport: transport, Pacer: pacer, Background: true})
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	_, _, err := client.UsersPage(ctx, 300, 0)
	if failed, ok := errors.AsType[*duo.TransportError](err); ok && failed.Failure == duo.Paced {
		fmt.Println("no turn within the hour")
	}
}

func admin() *duo.Client { return duo.New(duo.Credentials{}, duo.Options{Transport: transport}) }
func auth() *duo.Client  { return duo.New(duo.Credentials{}, duo.Options{Transport: transport}) }
