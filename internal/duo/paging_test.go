package duo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// rowsOfPages counts what a generic call reads of a list.
func rowsOfPages(ctx context.Context, c *Client, limit string, parts int) (rows int, err error) {
	for answer, err := range c.DoPages(ctx, Request{Method: http.MethodGet, Path: "/admin/v1/users",
		Params: Params{"limit": limit}}, parts) {
		if err != nil {
			return rows, err
		}
		var part []json.RawMessage
		if err := json.Unmarshal(answer.Response, &part); err != nil {
			return rows, err
		}
		rows += len(part)
	}
	return rows, nil
}

// TestPagesTooLargeForOneAnswer: what is too large for one answer is asked for in
// smaller pages, which leave nothing out.
func TestPagesTooLargeForOneAnswer(t *testing.T) {
	t.Parallel()
	const total = 320
	for _, test := range []struct {
		each   int // bytes of a user
		limits []int
		users  int
	}{
		{1 << 10, []int{300, 300}, total},
		{40 << 10, []int{300, 75, 75, 75, 75, 75}, total}, // 300 of them are 12 MB
		{maxAnswer, []int{300, 75, 18, 4, 1}, 0},
	} {
		var mu sync.Mutex
		var limits []int
		c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
			limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			mu.Lock()
			limits = append(limits, limit)
			mu.Unlock()
			end := min(offset+limit, total)
			metadata := map[string]any{"total_objects": total}
			if end < total {
				metadata["next_offset"] = end
			}
			var users []map[string]string
			for i := offset; i < end && (i-offset)*test.each <= 2*maxAnswer; i++ {
				users = append(users, map[string]string{"user_id": fmt.Sprintf("DU%d", i),
					"notes": strings.Repeat("x", test.each)})
			}
			// A client that has read too much closes the connection.
			_ = json.NewEncoder(w).Encode(map[string]any{"stat": "OK", "response": users, "metadata": metadata})
		}))
		users, err := collect(c.Users(t.Context()))
		mu.Lock()
		got := slices.Clone(limits)
		mu.Unlock()
		if len(users) != test.users || !slices.Equal(got, test.limits) {
			t.Errorf("%d bytes: %d users with limits %v, %v", test.each, len(users), got, err)
		}
		for i, u := range users {
			if u.ID != UserID(fmt.Sprintf("DU%d", i)) {
				t.Fatalf("%d bytes: %s is number %d", test.each, u.ID, i)
			}
		}
		failed, _ := errors.AsType[*TransportError](err)
		if (test.users == 0) != (failed != nil && failed.Failure == AnswerTooLarge) {
			t.Errorf("%d bytes: %v", test.each, err)
		}
		if rows, err := rowsOfPages(t.Context(), c, "300", 100); rows != test.users ||
			(test.users == 0) != (err != nil) {
			t.Errorf("%d bytes, by a generic call: %d users, %v", test.each, rows, err)
		}
		if rows, err := rowsOfPages(t.Context(), c, "300", 1); test.users > 0 &&
			(rows != test.limits[1] || !errors.Is(err, ErrMorePages)) {
			t.Errorf("%d bytes, one part of a generic call: %d users, %v", test.each, rows, err)
		}
		if test.users > 0 {
			page, metadata, err := c.UsersPage(t.Context(), 300, 0)
			if err != nil || len(page) != test.limits[1] || metadata.Next != test.limits[1] || metadata.Total != total {
				t.Errorf("%d bytes, one page: %d users, %+v, %v", test.each, len(page), metadata, err)
			}
		}
	}
}

// TestChosenPagesTooLargeForOneAnswer: what a filter chooses is asked for in smaller
// pages too. Next to ids Duo ignores a limit, so fewer ids are asked for.
func TestChosenPagesTooLargeForOneAnswer(t *testing.T) {
	t.Parallel()
	const total = 320
	row := func(n, bytes int) map[string]string {
		return map[string]string{"user_id": fmt.Sprintf("DU%d", n), "phone_id": fmt.Sprintf("DP%d", n),
			"email":  "m@acme.example",
			"number": "+12025550143", "notes": strings.Repeat("x", bytes)}
	}
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		limit, _ := strconv.Atoi(query.Get("limit"))
		offset, _ := strconv.Atoi(query.Get("offset"))
		answer := map[string]any{"stat": "OK"}
		var rows []map[string]string
		var ids []string
		if json.Unmarshal([]byte(query.Get("user_id_list")), &ids) == nil {
			for _, id := range ids {
				n, _ := strconv.Atoi(strings.TrimPrefix(id, "DU"))
				rows = append(rows, row(n, 150<<10)) // 100 of them are 15 MB
			}
		} else {
			end := min(offset+limit, total)
			for n := offset; n < end; n++ {
				rows = append(rows, row(n, 40<<10)) // 300 of them are 12 MB
			}
			metadata := map[string]any{"total_objects": total}
			if end < total {
				metadata["next_offset"] = end
			}
			answer["metadata"] = metadata
		}
		answer["response"] = rows
		_ = json.NewEncoder(w).Encode(answer) // a client that has read too much closes the connection
	}))
	sharing, err := c.UsersByEmail(t.Context(), "m@acme.example")
	if err != nil || len(sharing) != total || sharing[total-1].ID != "DU319" {
		t.Errorf("sharing an address: %d users, %v", len(sharing), err)
	}
	users, metadata, err := c.UsersMatching(t.Context(), UserFilter{Email: "m@acme.example"}, 300, 0)
	if err != nil || len(users) != 75 || metadata.Next != 75 || metadata.Total != total {
		t.Errorf("a page of users: %d, %+v, %v", len(users), metadata, err)
	}
	phones, metadata, err := c.PhonesMatching(t.Context(), PhoneFilter{Number: "+12025550143"}, 300, 0)
	if err != nil || len(phones) != 75 || metadata.Next != 75 || metadata.Total != total {
		t.Errorf("a page of phones: %d, %+v, %v", len(phones), metadata, err)
	}
	var ids []UserID
	for n := range 100 {
		ids = append(ids, UserID(fmt.Sprintf("DU%d", n)))
	}
	byID, err := c.UsersByID(t.Context(), ids...)
	if err != nil || len(byID) != len(ids) {
		t.Fatalf("by id: %d users, %v", len(byID), err)
	}
	for n, u := range byID {
		if u.ID != ids[n] {
			t.Errorf("by id: %s is number %d", u.ID, n)
		}
	}
}
