package run

import (
	"context"
	"encoding/json"
	"net/http"

	"duodesk/internal/duo"
	"duodesk/internal/store"
)

// DuoList names a list of an account in Duo.
type DuoList struct {
	name string
	path string
	most int // objects in one answer
}

// Name is what the list is called in addresses and in the record.
func (l DuoList) Name() string { return l.name }

// The lists that are read in parts.
var (
	UsersInDuo       = DuoList{"users", "/admin/v1/users", 300}
	PhonesInDuo      = DuoList{"phones", "/admin/v1/phones", 500}
	BypassCodesInDuo = DuoList{"bypass-codes", "/admin/v1/bypass_codes", 500}
)

// Part is a part of a list, its objects as Duo gives them.
type Part struct {
	Items []json.RawMessage
	Total int // of the whole list; 0 if Duo does not say
	Next  int // offset of the part after this; 0: none
}

// Part reads up to limit objects of an organization's list from an offset on,
// from Duo itself and not from what is held.
func (r *Runner) Part(ctx context.Context, sc store.Scope, o store.Organization, list DuoList, limit,
	offset int) (Part, error) {
	client, err := r.client(ctx, sc, o)
	if err != nil {
		return Part{}, err
	}
	ctx, cancel := patient(ctx, ReadTime)
	defer cancel()
	part := Part{Items: []json.RawMessage{}}
	for most := list.most; ; {
		asked := min(most, limit-len(part.Items))
		answer, fitting, err := client.DoFitting(ctx, duo.Request{Method: http.MethodGet, Path: list.path,
			Params: duo.Params{"limit": asked, "offset": offset}})
		if err != nil {
			return Part{}, err
		}
		if fitting < asked {
			most = fitting // more were too large for one answer
		}
		var items []json.RawMessage
		if json.Unmarshal(answer.Response, &items) != nil ||
			answer.Metadata.Next != 0 && (answer.Metadata.Next <= offset || len(items) == 0) {
			return Part{}, &duo.TransportError{Failure: duo.NotUnderstood, Method: http.MethodGet, Sent: true}
		}
		part.Items = append(part.Items, items...)
		part.Total, part.Next = answer.Metadata.Total, answer.Metadata.Next
		if part.Next == 0 || len(part.Items) >= limit {
			return part, nil
		}
		offset = part.Next
	}
}
