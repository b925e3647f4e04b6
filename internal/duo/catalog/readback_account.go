package catalog

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"duodesk/internal/duo"
)

func lookSettings(ctx context.Context, d *duo.Client, _ Values) (map[string]string, error) {
	settings, err := d.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return SettingValues(settings), nil
}

func sentSettings(in Values, _ map[string]string) map[string]string {
	sent := map[string]string{}
	for _, spec := range settingSpecs() {
		value, given := in.given[spec.Name]
		if given && (value != "" || spec.Kind == "text") { // anything else that is empty is not sent
			sent[spec.Name] = value
		}
	}
	return sent
}

func lookEdition(ctx context.Context, d *duo.Client, _ Values) (map[string]string, error) {
	edition, err := d.Edition(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"edition": string(edition)}, nil
}

func sentEdition(in Values, _ map[string]string) map[string]string { return given(in, true, "edition") }

func lookCredits(ctx context.Context, d *duo.Client, _ Values) (map[string]string, error) {
	credits, err := d.TelephonyCredits(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"credits": strconv.Itoa(credits)}, nil
}

func sentCredits(in Values, _ map[string]string) map[string]string { return given(in, true, "credits") }

// factAccounts are the ids of the accounts of a name, so that a new one is told from them.
const factAccounts = "account_ids"

// lookAccountsNamed counts: Duo allows several accounts of one name.
func lookAccountsNamed(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	ids, err := accountsNamed(ctx, d, accountName.Of(in))
	if err != nil {
		return nil, err
	}
	return map[string]string{factCount: strconv.Itoa(len(ids)), factAccounts: strings.Join(ids, " ")}, nil
}

func accountsNamed(ctx context.Context, d *duo.Client, name string) (ids []string, err error) {
	accounts, err := d.ListAccounts(ctx)
	for _, a := range accounts {
		if a.Name == name {
			ids = append(ids, string(a.ID))
		}
	}
	slices.Sort(ids)
	return ids, err
}

// createdAccount is the one account of the name that was not there before.
func createdAccount(ctx context.Context, d *duo.Client, in Values, before map[string]string) (string, error) {
	known, has := before[factAccounts]
	if !has {
		return "", nil // recorded by a version that did not keep them
	}
	ids, err := accountsNamed(ctx, d, accountName.Of(in))
	made := slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(strings.Fields(known), id) })
	if err != nil || len(made) != 1 {
		return "", err
	}
	return made[0], nil
}

func sentAccountMore(_ Values, before map[string]string) map[string]string {
	n, err := strconv.Atoi(before[factCount])
	if err != nil {
		return nil
	}
	return map[string]string{factCount: strconv.Itoa(n + 1)}
}

func lookAccount(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	accounts, err := d.ListAccounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if string(a.ID) == in.given["account_id"] {
			return map[string]string{factExists: yes}, nil
		}
	}
	return map[string]string{factExists: no}, nil
}
