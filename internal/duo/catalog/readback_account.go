package catalog

import (
	"context"
	"strconv"

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

// lookAccountsNamed counts: Duo allows several accounts of one name.
func lookAccountsNamed(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	accounts, err := d.ListAccounts(ctx)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, a := range accounts {
		if a.Name == accountName.Of(in) {
			n++
		}
	}
	return map[string]string{factCount: strconv.Itoa(n)}, nil
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
