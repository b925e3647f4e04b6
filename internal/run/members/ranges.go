package members

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// RangesField is the name of the field for address ranges.
const RangesField = "ranges"

// LongestRanges is how many characters of address ranges are read.
const LongestRanges = 4000

// ParseRanges reads address ranges, one a line or with commas between them: 203.0.113.0/24,
// 2001:db8::/32, or a single address. Each is returned in its shortest form, and IPv4 written as
// IPv6 as IPv4. fault is a sentence for the person who typed it; nothing typed gives no ranges.
func ParseRanges(typed string) (ranges store.Ranges, fault string) {
	if len(typed) > LongestRanges {
		return nil, fmt.Sprintf("This is too long: use at most %d characters.", LongestRanges)
	}
	if text.Bad(typed) != text.Fine {
		return nil, "This has characters that are not text."
	}
	for part := range strings.FieldsFuncSeq(text.Block(typed), func(r rune) bool { return r == ',' || r == '\n' }) {
		if part = text.Key(part); part == "" {
			continue
		}
		p, fault := parseRange(part)
		if fault != "" {
			return nil, fault
		}
		if slices.Contains(ranges, p) {
			return nil, p.String() + " is listed twice."
		}
		ranges = append(ranges, p)
	}
	if len(ranges) > store.MostRanges {
		return nil, tooManyRanges(len(ranges))
	}
	return ranges, ""
}

func tooManyRanges(n int) string {
	return fmt.Sprintf("%d ranges are listed; the limit is %d.", n, store.MostRanges)
}

// parseRange reads one range or address.
func parseRange(typed string) (p netip.Prefix, fault string) {
	quoted := "“" + catalog.Plain(typed) + "”"
	no := quoted + " is not an address range. Write it as 203.0.113.0/24 or 2001:db8::/32, or a single address."
	p, err := netip.ParsePrefix(typed)
	if err != nil {
		a, err := netip.ParseAddr(typed)
		if err != nil || a.Zone() != "" {
			return p, no
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return p, quoted + " has IPv4 addresses and others. Write an IPv4 range as 203.0.113.0/24."
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	switch {
	case p.Bits() == 0:
		return p, quoted + " is every address. Leave it out, or leave the box empty to admit every address."
	case p != p.Masked():
		return p, quoted + " is an address in a range. The range would be " + p.Masked().String() + "."
	}
	return p, ""
}

// SetRanges changes from which addresses the workspace admits its members, as an owner and on
// record. It returns store.ErrElsewhere if the ranges that hold now do not admit the actor, and a
// FieldError if the new ones do not: they would lock the actor out. Setting the ranges that
// it has records nothing.
func (r *Runner) SetRanges(ctx context.Context, sc store.Scope, actor run.Actor, ranges store.Ranges) error {
	return r.Change(ctx, sc, actor, catalog.Owner, func(tx *store.Tx) error {
		before, err := tx.LockRanges(ctx)
		if err != nil || slices.Equal(before, ranges) {
			return err
		}
		if !before.Admit(actor.From.Address) { // another owner was first
			return store.ErrElsewhere
		}
		if !ranges.Admit(actor.From.Address) {
			return &catalog.FieldError{Field: RangesField, Message: lockedOut(actor.From.Address)}
		}
		return tx.SetRanges(ctx, ranges, store.Record{
			Event: store.RangesSet, Operator: actor.Operator, Ticket: actor.Ticket, Token: actor.Token.Name, At: r.Now(),
			Input:   map[string]string{"from": rangesWords(before), "to": rangesWords(ranges)},
			Summary: "Changed from which addresses the workspace is open: " + rangesWords(ranges) + ".",
		})
	})
}

func lockedOut(address string) string {
	if address == "" {
		return "The console does not know your address, so this would lock you out."
	}
	return "This would lock you out: you come from " + address + ". Add a range that has it."
}

// rangesWords lists ranges for the record.
func rangesWords(ranges store.Ranges) string {
	if len(ranges) == 0 {
		return "every address"
	}
	return ranges.String()
}
