package duo

import (
	"context"
	"net/http"
)

// get, post and remove make one call each and decode its response as a T.
func get[T any](ctx context.Context, c *Client, path string, params Params) (T, Metadata, error) {
	return fetch[T](ctx, c, Request{Method: http.MethodGet, Path: path, Params: params})
}

func post[T any](ctx context.Context, c *Client, path string, params Params) (T, error) {
	value, _, err := fetch[T](ctx, c, Request{Method: http.MethodPost, Path: path, Params: params})
	return value, err
}

func remove(ctx context.Context, c *Client, path string) error {
	_, err := c.Do(ctx, Request{Method: http.MethodDelete, Path: path})
	return err
}

func fetch[T any](ctx context.Context, c *Client, r Request) (T, Metadata, error) {
	var value, none T
	answer, err := c.ask(ctx, r, &value)
	if err != nil {
		return none, Metadata{}, err
	}
	return value, answer.Metadata, nil
}

// void is the response of a call that returns nothing: "" or whatever Duo puts in its place.
type void struct{}

func (*void) UnmarshalJSON([]byte) error { return nil }

func (c *Client) notUnderstood(r Request) error {
	return &TransportError{Failure: NotUnderstood, Sent: true, Method: r.Method, Path: r.Path, Host: c.credentials.Host}
}

// failedRead is a failure of a GET that was answered.
func (c *Client) failedRead(failure Failure, path string) error {
	return &TransportError{Failure: failure, Sent: true, Method: http.MethodGet, Path: path, Host: c.credentials.Host}
}
