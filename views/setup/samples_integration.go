package setup

import (
	"fmt"

	"duodesk/views"
	"duodesk/views/sample"
)

func integrationSamples() []sample.Sample {
	fresh := IntegrationPage{Workspace: sample.Workspace, Editable: true,
		Mapping: MappingSection{Workspace: sample.Workspace, Editable: true,
			Locked: "The mapping is available once the Accounts API has answered. Save its host, integration key and secret key above."}}

	refused := fresh
	refused.Auth = APICard{
		Host:           views.Input{Value: "api-0a1b2c3d.duosecurity.com", Note: "https:// and a space were removed."},
		IntegrationKey: views.Input{Value: "DIXAUTH0000000000001"},
		SecretKey:      SecretInput{DraftUntil: "4 Aug, 11:02 BST"},
	}
	refused.Accounts = APICard{
		Host: views.Input{Value: "admin.duosecurity.com",
			Error: "Account Host must look like api-0a1b2c3d.duosecurity.com."},
		IntegrationKey: views.Input{Error: "Enter the Accounts API Integration Key."},
		SecretKey: SecretInput{
			Error: "This looks like an integration key: it starts with DI and has 20 characters. The secret key has 40."},
	}
	refused.Admin = APICard{
		Host: views.Input{Value: `"><script>alert(1)</script>`,
			Error: "Admin Host must look like api-0a1b2c3d.duosecurity.com."},
		IntegrationKey: views.Input{Value: "DIXAUTH0000000000001",
			Error: "This is the Auth integration key. The Admin API has its own application."},
		SecretKey: SecretInput{Error: "Enter the Admin Secret Key."},
	}

	saved := savedIntegration()
	readOnly := saved
	readOnly.Editable, readOnly.Mapping.Editable = false, false
	readOnly.Mapping.Rows = mappingRows(false)
	readOnly.Mapping.Table.Heads = readOnly.Mapping.Table.Heads[:4:4]

	full := saved
	full.Mapping.Rows, full.Mapping.Organizations, full.Mapping.Mapped, full.Mapping.Keyed = fullMapping(),
		500, 371, 120
	full.Mapping.Table.Caption = "500 organizations"
	full.Mapping.Table.Previous, full.Mapping.Table.Next = views.Link{Text: "Previous"},
		views.Link{Text: "Next", Href: views.Mapping(sample.Workspace, "after", "AAYzqz")}

	rowFault := saved
	rowFault.Mapping.Rows = mappingRows(true)
	rowFault.Mapping.Rows[1].Account = views.Input{Value: "Bright",
		Error: "No Duo account is called Bright. Choose one from the list."}
	rowFault.Mapping.Rows[0].DirectoryKey = views.Input{Value: "DK 1",
		Error: "A directory key has 20 letters and digits."}

	noMatch := saved
	noMatch.Mapping.Rows = nil
	noMatch.Mapping.Table.Search = "zzz"
	noMatch.Mapping.Table.Empty = views.Empty{Kind: "no-match", Headline: "No organization matches",
		Text: "Nothing unmapped contains “zzz”.", Link: views.Link{Text: "Show all",
			Href: views.Mapping(sample.Workspace)}}

	pasted := fresh
	pasted.Admin = APICard{Host: views.Input{Value: "api-0a1b2c3d.duosecurity.com",
		Note: "✓ API hostname, found in the pasted text."},
		IntegrationKey: views.Input{
			Error: "The pasted text holds 2 integration keys. Enter the key of this application."},
		SecretKey: SecretInput{DraftUntil: "4 Aug, 11:02 BST",
			Note: "✓ Secret key of 40 characters, found in the pasted text."}}
	pasted.Paste.Error = "This text does not say which API these values are for. Type Auth API, Accounts API or Admin API on the line above them."

	return []sample.Sample{
		{Name: "integration-pasted", Shell: sample.WorkspaceShell("integration"), Page: pasted},
		{Name: "integration-new", Shell: sample.Sandboxed(sample.WorkspaceShell("integration")), Page: fresh},
		{Name: "integration-refused", Shell: sample.WorkspaceShell("integration"), Page: refused},
		{Name: "integration-saved", Shell: sample.Sandboxed(sample.WorkspaceShell("integration"),
			views.Flash{Level: "warn",
				Text: "Saved. Auth API works, Accounts API works with limits, Admin API fails."}), Page: saved},
		{Name: "integration-read-only", Shell: sample.WorkspaceShell("integration"), Page: readOnly},
		{Name: "mapping-full", Shell: sample.WorkspaceShell("integration"), Page: full},
		{Name: "mapping-row-fault", Shell: sample.WorkspaceShell("integration"), Page: rowFault},
		{Name: "mapping-no-match", Shell: sample.WorkspaceShell("integration"), Page: noMatch},
		{Name: "adopt-accounts", Shell: sample.WorkspaceShell("integration"),
			Page: AdoptAccountsPage{Workspace: sample.Workspace,
				Names: []string{"Acme Dental", "Acme Dental (2)", "Harbour Legal", sample.Hostile.Name},
				Notes: []string{"Two Duo accounts are called Acme Dental. Both are created; the second gets (2)."}}},
	}
}

func savedIntegration() IntegrationPage {
	stored := SecretInput{Stored: true, SetOn: "3 Aug 2026", SetBy: "ana@northwind.example"}
	host := views.Input{Value: "api-0a1b2c3d.duosecurity.com"}
	return IntegrationPage{Workspace: sample.Workspace, Editable: true,
		Auth: APICard{Host: host, IntegrationKey: views.Input{Value: "DIAUTH00000000000001"}, SecretKey: stored,
			Verdict: Verdict{State: "works", Headline: "Auth API answers", IntegrationKey: "DIAUTH00000000000001",
				At: sample.MinutesAgo, By: "ana@northwind.example",
				Checks: []Check{{State: "ok", Text: "The host answers and its clock is within 1 s of ours."},
					{State: "ok", Text: "The signature is accepted."}}}},
		Accounts: APICard{Host: host, IntegrationKey: views.Input{Value: "DIACCT00000000000001"}, SecretKey: stored,
			Verdict: Verdict{State: "limited", Headline: "8 accounts found, 1 cannot be read",
				IntegrationKey: "DIACCT00000000000001", At: sample.MinutesAgo, By: "ana@northwind.example",
				Checks: []Check{{State: "ok", Text: "The signature is accepted."},
					{State: "ok", Text: "Accounts listed: 8."}, {State: "bad", Text: "One account has no host yet."},
					{State: "unknown", Text: "Creating accounts was not checked."}}}},
		Admin: APICard{Host: host, IntegrationKey: views.Input{Value: "DIADMN00000000000001"}, SecretKey: stored,
			Verdict: Verdict{State: "works", Headline: "Users and settings can be read",
				IntegrationKey: "DIADMN00000000000001", At: sample.LastWeek, By: "tom@northwind.example",
				Checks: []Check{{State: "ok", Text: "Reading users is granted."}, {State: "ok",
					Text: "Reading settings is granted."}, {State: "unknown", Text: "Writing was not checked."}}},
			Candidate: &Verdict{State: "fails", Headline: "Signature refused", IntegrationKey: "DIADMN00000000000002",
				At: sample.MinutesAgo, By: "ana@northwind.example",
				Cause: "The secret key does not belong to this integration key, or was reset.",
				Fix:   "Copy it again: Duo Admin Panel, Applications, Admin API.",
				Checks: []Check{{State: "ok", Text: "The host answers."},
					{State: "bad", Text: "The signature is refused (40103)."},
					{State: "unknown", Text: "Reading users was not reached."}}}},
		Mapping: MappingSection{Workspace: sample.Workspace, Editable: true, Organizations: 5, Mapped: 2, Keyed: 1,
			UnmappedAccounts: 4, ReadAt: views.When{ISO: "2026-08-03T09:50:00Z", Text: "10:50", Ago: "11 min ago"},
			Unusable: []string{"Sunrise Bakery (DASUNRISEBAKERY00001)"}, Accounts: sampleAccounts(),
			Rows: mappingRows(true), Table: mappingTable(),
			Suggested: true, Unsuggest: views.Mapping(sample.Workspace),
			Suggest: views.Mapping(sample.Workspace, "suggest", "1")},
	}
}

func mappingTable() views.Table {
	t := views.TableOf("organizations", MappingColumns(true), nil)
	t.ID, t.At, t.Label, t.Caption = "mapping-list", views.Mapping(sample.Workspace), "Find an organization",
		"5 organizations"
	t.Choices = []views.Choices{{Label: "Filter the mapping", Links: []views.FilterLink{
		{Text: "All", Href: views.Mapping(sample.Workspace), Count: 5, Current: true},
		{Text: "Unmapped", Href: views.Mapping(sample.Workspace, "show", "unmapped"), Count: 3},
		{Text: "Without key", Href: views.Mapping(sample.Workspace, "show", "unkeyed"), Count: 4}}}}
	t.Heads[0].Sort, t.Heads[0].Sorted = views.Mapping(sample.Workspace, "sort", "-name"), "ascending"
	return t
}

func sampleAccounts() []AccountOption {
	return []AccountOption{
		{Value: "Acme Dental (DA1QX7ZK3M9V5T2R8WPL)", Label: "api-1a2b3c4d.duosecurity.com"},
		{Value: "Acme Dental (DA7YB2LN6C4D8F0G1H3J)", Label: "api-5e6f7a8b.duosecurity.com"},
		{Value: "Harbour Legal (DAHARB0R000000000001)", Label: "api-9c0d1e2f.duosecurity.com"},
		{Value: sample.Hostile.Name + " (DAX00000000000000001)", Label: "api-deadbeef.duosecurity.com"},
	}
}

func mappingRows(editable bool) []MappingRow {
	mapped := views.Chip{Level: "ok", Text: "Mapped"}
	rows := []MappingRow{
		{OrganizationTag: sample.Acme, Account: views.Input{Value: "Acme Dental (DA1QX7ZK3M9V5T2R8WPL)"},
			AccountTail: "T2R8WPL", AccountHost: "api-1a2b3c4d.duosecurity.com",
			DirectoryKey: views.Input{Value: "DKACME00000000000001"}, State: mapped},
		{OrganizationTag: sample.Bright, Account: views.Input{Value: "Bright Futures (DABR1GHT000000000001)"},
			AccountTail: "0000001", AccountHost: "api-77aa88bb.duosecurity.com",
			State: views.Chip{Level: "bad", Text: "Account gone"}},
		{OrganizationTag: sample.Harbour, Account: views.Input{Value: "Harbour Legal (DAHARB0R000000000001)"},
			State: views.Chip{Level: "info", Text: "Suggested, not saved yet"}},
		{OrganizationTag: sample.Lyndon, State: views.Chip{Level: "warn", Text: "2 accounts with this name"}},
		{OrganizationTag: sample.Hostile, State: views.Chip{Level: "idle", Text: "Not mapped"}},
		{OrganizationTag: sample.NorthwindIT, Connected: "parent account", AccountHost: "api-0a1b2c3d.duosecurity.com",
			State: mapped},
		{OrganizationTag: sample.Kestrel, Connected: "own credentials", AccountHost: "api-4c5d6e7f.duosecurity.com",
			DirectoryKey: views.Input{Value: "DSKESTREL00000000001"}, State: mapped},
	}
	for i := range rows {
		rows[i].Workspace, rows[i].OrganizationID, rows[i].Editable = sample.Workspace,
			fmt.Sprintf("org%d", i+1), editable
	}
	return rows
}

func fullMapping() []MappingRow {
	var rows []MappingRow
	for i := range 50 {
		row := mappingRows(true)[i%4]
		row.OrganizationID, row.Name, row.Colour = fmt.Sprintf("org%d", i+1),
			fmt.Sprintf("%s %d", row.Name, i+1), i%12+1
		rows = append(rows, row)
	}
	return rows
}
