// A program that knows the console by its description alone: it lists organizations,
// makes a bypass code, and reads why a request was refused.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/google/uuid"
)

func main() {
	if err := drive(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func drive(ctx context.Context) error {
	workspace, organization := os.Getenv("WORKSPACE"), os.Getenv("ORGANIZATION")
	client, err := NewClientWithResponses(os.Getenv("CONSOLE"),
		WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
			return nil
		}))
	if err != nil {
		return err
	}
	limit := 500
	list, err := client.GetOrganizationsWithResponse(ctx, workspace, &GetOrganizationsParams{Limit: &limit})
	if err != nil || list.JSON200 == nil || len(list.JSON200.Items) == 0 || list.JSON200.Next != nil {
		return fmt.Errorf("organizations: %v %s", err, list.Body)
	}
	count, keep := 2, false
	made, err := client.CreateBypassCodeForUserWithResponse(ctx, workspace, organization,
		CreateBypassCodeForUserRequest{
			RunId: uuid.New(), Fields: CreateBypassCodeForUserFields{UserId: os.Getenv("USER_ID"), Count: &count,
				PreserveExisting: &keep},
		})
	if err != nil || made.JSON200 == nil || made.JSON200.State != Applied || made.JSON200.Secrets == nil ||
		len(*made.JSON200.Secrets) != count || made.JSON200.ExpiresAt == nil {
		return fmt.Errorf("bypass codes: %v %s", err, made.Body)
	}
	count = 11
	refused, err := client.CreateBypassCodeForUserWithResponse(ctx, workspace, organization,
		CreateBypassCodeForUserRequest{
			RunId: uuid.New(), Fields: CreateBypassCodeForUserFields{UserId: os.Getenv("USER_ID"), Count: &count},
		})
	if err != nil || refused.ApplicationproblemJSON422 == nil ||
		refused.ApplicationproblemJSON422.Code != InvalidFields ||
		(*refused.ApplicationproblemJSON422.Errors)[0].Field != "count" {
		return fmt.Errorf("a refusal: %v %s", err, refused.Body)
	}
	fmt.Println("created", len(*made.JSON200.Secrets), "bypass codes")
	return nil
}
