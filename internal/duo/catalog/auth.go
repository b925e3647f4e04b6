package catalog

import (
	"context"
	"fmt"
	"time"

	"duodesk/internal/duo"
)

const authCategory = "Auth API"

var timeColumns = []Column{{"time", "Duo's time", Moment}}

func timeRow(t time.Time) []string { return []string{moment(t)} }

func checkAuth() Action {
	return Action{
		Slug: "check-auth-api-credentials", Title: "Check Auth API Credentials", Category: authCategory,
		Help: "Checks whether Duo accepts the organization's Auth API keys.",
		API:  Auth, Call: "GET /auth/v2/check", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			at, err := d.Check(ctx)
			if err != nil {
				return Result{Subject: "Auth API keys"}, err
			}
			return Result{Subject: "Auth API keys", Summary: "The Auth API keys work.",
				Table: objectOf(timeColumns, timeRow, at)}, nil
		},
	}
}

func pingAuth() Action {
	return Action{
		Slug: "ping-auth-api", Title: "Ping Auth API", Category: authCategory,
		Help: "Asks the organization's Duo host for its time. It needs no keys, so it shows whether the host or the keys are the problem.",
		API:  Auth, Call: "GET /auth/v2/ping", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			asked := time.Now()
			at, err := d.Ping(ctx)
			if err != nil {
				return Result{Subject: "Auth API"}, err
			}
			return Result{Subject: "Auth API", Summary: fmt.Sprintf("Duo answered after %d ms.",
				time.Since(asked).Milliseconds()), Table: objectOf(timeColumns, timeRow, at)}, nil
		},
	}
}
