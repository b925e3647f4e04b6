package views

import "fmt"

func integrationSamples() []Sample {
	fresh := IntegrationPage{Workspace: sampleWorkspace, Editable: true,
		Mapping: MappingSection{Workspace: sampleWorkspace, Editable: true, Locked: "The mapping opens when the Accounts API has answered. Save its host, integration key and secret key above."}}

	refused := fresh
	refused.Auth = APICard{
		Host:           Input{Value: "api-0a1b2c3d.duosecurity.com", Note: "https:// and a blank were taken off."},
		IntegrationKey: Input{Value: "DIXAUTH0000000000001"},
		SecretKey:      SecretInput{DraftUntil: "11:02 tomorrow"},
	}
	refused.Accounts = APICard{
		Host:           Input{Value: "admin.duosecurity.com", Error: "Account Host must look like api-0a1b2c3d.duosecurity.com."},
		IntegrationKey: Input{Error: "Enter the Accounts API Integration Key."},
		SecretKey:      SecretInput{Error: "This looks like an integration key: it starts with DI and has 20 characters. The secret key has 40."},
	}
	refused.Admin = APICard{
		Host:           Input{Value: `"><script>alert(1)</script>`, Error: "Admin Host must look like api-0a1b2c3d.duosecurity.com."},
		IntegrationKey: Input{Value: "DIXAUTH0000000000001", Error: "This is the Auth integration key. The Admin API has its own application."},
		SecretKey:      SecretInput{Error: "Enter the Admin Secret Key."},
	}

	saved := savedIntegration()
	readOnly := saved
	readOnly.Editable, readOnly.Mapping.Editable = false, false
	readOnly.Mapping.Rows = mappingRows(false)

	full := saved
	full.Mapping.Rows, full.Mapping.Organizations, full.Mapping.Mapped, full.Mapping.Keyed = fullMapping(), 500, 371, 120
	full.Mapping.Pager = Pager{From: 1, To: 50, Total: 500, Noun: "organizations", Next: Mapping(sampleWorkspace, MappingFilter{Page: 2})}

	rowFault := saved
	rowFault.Mapping.Rows = mappingRows(true)
	rowFault.Mapping.Rows[1].Account = Input{Value: "Bright", Error: "No Duo account is called Bright. Choose one from the list."}
	rowFault.Mapping.Rows[0].DirectoryKey = Input{Value: "DK 1", Error: "A directory key has 20 letters and digits."}

	noMatch := saved
	noMatch.Mapping.Rows = nil
	noMatch.Mapping.Filter = MappingFilter{Show: "unmapped", Query: "zzz"}
	noMatch.Mapping.Empty = Empty{Kind: "no-match", Headline: "No organization matches", Text: "Nothing unmapped contains “zzz”.", Link: Link{Text: "Show all", Href: Mapping(sampleWorkspace, MappingFilter{})}}

	pasted := fresh
	pasted.Admin = APICard{Host: Input{Value: "api-0a1b2c3d.duosecurity.com", Note: "✓ API hostname, found in the pasted text."}, IntegrationKey: Input{Error: "The pasted text holds 2 integration keys. Enter the one of this application."},
		SecretKey: SecretInput{DraftUntil: "11:02 tomorrow", Note: "✓ Secret key of 40 characters, found in the pasted text."}}
	pasted.Auth.Paste.Error = "No host, integration key or secret key is in this text."

	return []Sample{
		{Name: "integration-pasted", Shell: workspaceShell("integration"), Page: pasted},
		{Name: "integration-new", Shell: sandboxed(workspaceShell("integration")), Page: fresh},
		{Name: "integration-refused", Shell: workspaceShell("integration"), Page: refused},
		{Name: "integration-saved", Shell: sandboxed(workspaceShell("integration"), Flash{Level: "warn", Text: "Saved. Auth API works, Accounts API works with limits, Admin API fails."}), Page: saved},
		{Name: "integration-read-only", Shell: workspaceShell("integration"), Page: readOnly},
		{Name: "mapping-full", Shell: workspaceShell("integration"), Page: full},
		{Name: "mapping-row-fault", Shell: workspaceShell("integration"), Page: rowFault},
		{Name: "mapping-no-match", Shell: workspaceShell("integration"), Page: noMatch},
		{Name: "adopt-accounts", Shell: workspaceShell("integration"), Page: AdoptAccountsPage{Workspace: sampleWorkspace, Names: []string{"Acme Dental", "Acme Dental (2)", "Harbour Legal", hostile.Name},
			Notes: []string{"Two Duo accounts are called Acme Dental. Both are created; the second gets (2)."}}},
	}
}

func savedIntegration() IntegrationPage {
	stored := SecretInput{Stored: true, SetOn: "3 Aug 2026", SetBy: "ana@northwind.example"}
	host := Input{Value: "api-0a1b2c3d.duosecurity.com"}
	return IntegrationPage{Workspace: sampleWorkspace, Editable: true,
		Auth: APICard{Host: host, IntegrationKey: Input{Value: "DIAUTH00000000000001"}, SecretKey: stored,
			Verdict: Verdict{State: "works", Headline: "Auth API answers", IntegrationKey: "DIAUTH00000000000001", At: minutesAgo, By: "ana@northwind.example",
				Checks: []Check{{State: "ok", Text: "The host answers and its clock is within 1 s of ours."}, {State: "ok", Text: "The signature is accepted."}}}},
		Accounts: APICard{Host: host, IntegrationKey: Input{Value: "DIACCT00000000000001"}, SecretKey: stored,
			Verdict: Verdict{State: "limited", Headline: "8 accounts found, 1 cannot be read", IntegrationKey: "DIACCT00000000000001", At: minutesAgo, By: "ana@northwind.example",
				Checks: []Check{{State: "ok", Text: "The signature is accepted."}, {State: "ok", Text: "Accounts listed: 8."}, {State: "bad", Text: "One account has no host yet."}, {State: "unknown", Text: "Creating accounts was not checked."}}}},
		Admin: APICard{Host: host, IntegrationKey: Input{Value: "DIADMN00000000000001"}, SecretKey: stored,
			Verdict: Verdict{State: "works", Headline: "Users and settings can be read", IntegrationKey: "DIADMN00000000000001", At: lastWeek, By: "tom@northwind.example",
				Checks: []Check{{State: "ok", Text: "Reading users is granted."}, {State: "ok", Text: "Reading settings is granted."}, {State: "unknown", Text: "Writing was not checked."}}},
			Candidate: &Verdict{State: "fails", Headline: "Signature refused", IntegrationKey: "DIADMN00000000000002", At: minutesAgo, By: "ana@northwind.example",
				Cause:  "The secret key does not belong to this integration key, or was reset.",
				Fix:    "Copy it again: Duo Admin Panel, Applications, Admin API.",
				Checks: []Check{{State: "ok", Text: "The host answers."}, {State: "bad", Text: "The signature is refused (40103)."}, {State: "unknown", Text: "Reading users was not reached."}}}},
		Mapping: MappingSection{Workspace: sampleWorkspace, Editable: true, Organizations: 5, Mapped: 2, Keyed: 1, UnmappedAccounts: 4, ReadAt: When{ISO: "2026-08-03T09:50:00Z", Text: "10:50", Ago: "11 min ago"},
			Unusable: []string{"Sunrise Bakery (DASUNRISEBAKERY00001)"}, Accounts: sampleAccounts(), Rows: mappingRows(true), Filter: MappingFilter{Suggest: true},
			Filters: []FilterLink{{Text: "All", Href: Mapping(sampleWorkspace, MappingFilter{}), Count: 5, Current: true}, {Text: "Unmapped", Href: Mapping(sampleWorkspace, MappingFilter{Show: "unmapped"}), Count: 3, Current: false},
				{Text: "Without key", Href: Mapping(sampleWorkspace, MappingFilter{Show: "unkeyed"}), Count: 4, Current: false}}},
	}
}

func sampleAccounts() []AccountOption {
	return []AccountOption{
		{Value: "Acme Dental (DA1QX7ZK3M9V5T2R8WPL)", Label: "api-1a2b3c4d.duosecurity.com"},
		{Value: "Acme Dental (DA7YB2LN6C4D8F0G1H3J)", Label: "api-5e6f7a8b.duosecurity.com"},
		{Value: "Harbour Legal (DAHARB0R000000000001)", Label: "api-9c0d1e2f.duosecurity.com"},
		{Value: hostile.Name + " (DAX00000000000000001)", Label: "api-deadbeef.duosecurity.com"},
	}
}

func mappingRows(editable bool) []MappingRow {
	mapped := Chip{Level: "ok", Text: "Mapped"}
	rows := []MappingRow{
		{OrganizationTag: acme, Account: Input{Value: "Acme Dental (DA1QX7ZK3M9V5T2R8WPL)"}, AccountTail: "T2R8WPL", AccountHost: "api-1a2b3c4d.duosecurity.com", DirectoryKey: Input{Value: "DKACME00000000000001"}, State: mapped},
		{OrganizationTag: bright, Account: Input{Value: "Bright Futures (DABR1GHT000000000001)"}, AccountTail: "0000001", AccountHost: "api-77aa88bb.duosecurity.com", State: Chip{Level: "bad", Text: "Account gone"}},
		{OrganizationTag: harbour, Account: Input{Value: "Harbour Legal (DAHARB0R000000000001)"}, State: Chip{Level: "info", Text: "Suggested, not saved yet"}},
		{OrganizationTag: lyndon, State: Chip{Level: "warn", Text: "2 accounts with this name"}},
		{OrganizationTag: hostile, State: Chip{Level: "idle", Text: "Not mapped"}},
		{OrganizationTag: northwindIT, Connected: "parent account", AccountHost: "api-0a1b2c3d.duosecurity.com", State: mapped},
		{OrganizationTag: kestrel, Connected: "own credentials", AccountHost: "api-4c5d6e7f.duosecurity.com", DirectoryKey: Input{Value: "DSKESTREL00000000001"}, State: mapped},
	}
	for i := range rows {
		rows[i].Workspace, rows[i].OrganizationID, rows[i].Editable = sampleWorkspace, fmt.Sprintf("org%d", i+1), editable
	}
	return rows
}

func fullMapping() []MappingRow {
	var rows []MappingRow
	for i := range 50 {
		row := mappingRows(true)[i%4]
		row.OrganizationID, row.Name, row.Colour = fmt.Sprintf("org%d", i+1), fmt.Sprintf("%s %d", row.Name, i+1), i%12+1
		rows = append(rows, row)
	}
	return rows
}
