//go:build proof

package web

import "strings"

// bug is a fault that the matrix has to notice. Its patches are put into a copy
// of the sources when the proof is built; the sources themselves hold no switch.
type bug struct {
	name    string
	layer   string // that must notice: of MATRIX; empty: both together
	patches []patch
	sql     string // or a change of the schema
}

// patch replaces a text that a file, named from the root of the module, holds
// exactly once.
type patch struct{ file, right, wrong string }

// broken is the expression in wrong that is true while the bug is planted.
const broken = "PLANTED"

// noApplication takes away what the application decides: who may enter, and the
// WHERE of each statement. Row-level security is then alone.
var noApplication = bug{name: "no application", patches: []patch{
	{"internal/web/site/auth.go",
		`return s.Store.Enter(c.Request().Context(), v.Operator.ID, v.from.Address, ws, organization, switcherSize)`,
		`granted := func(organization string) (store.Access, error) { return s.Store.Enter(c.Request().Context(), v.Operator.ID, v.from.Address, ws, organization, switcherSize) }
		return either(PLANTED, EverythingAllowed, asGranted)(c.Request().Context(), s, ws, organization, granted)`},
	{"internal/web/site/token.go", `return s.Store.AccessBy(r.Context(), token, v.from.Address, ws, organization)`,
		`granted := func(organization string) (store.Access, error) { return s.Store.AccessBy(r.Context(), token, v.from.Address, ws, organization) }
		return either(PLANTED, EverythingAllowed, asGranted)(r.Context(), s, ws, organization, granted)`},
	{"internal/store/store.go", "const (\n\tinWorkspace = `workspace_id",
		"var (\n\tinWorkspace = either(PLANTED, `workspace_id is not null`, `workspace_id"},
	{"internal/store/store.go", "= (select app.workspace())`\n\tinScope     = inWorkspace + `",
		"= (select app.workspace())`)\n\tinScope     = inWorkspace + either(PLANTED, ``, `"},
	{"internal/store/store.go", " or organization_id = any ((select app.organizations())::uuid[]))`\n",
		" or organization_id = any ((select app.organizations())::uuid[]))`)\n"},
	{"internal/store/store.go", "organizationOnRecord = `o.` + inWorkspace + `",
		"organizationOnRecord = `o.` + inWorkspace + either(PLANTED, ``, `"},
	{"internal/store/store.go", " or o.id = any ((select app.organizations())::uuid[]))`\n",
		" or o.id = any ((select app.organizations())::uuid[]))`)\n"},
	{"internal/store/store.go", "runInScope           = `r.` + inWorkspace + `",
		"runInScope           = `r.` + inWorkspace + either(PLANTED, ``, `"},
	{"internal/store/store.go", " or r.organization_id = any ((select app.organizations())::uuid[]))`\n",
		" or r.organization_id = any ((select app.organizations())::uuid[]))`)\n"},
	{"internal/store/integration.go",
		"const keysInScope = inWorkspace + ` and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))`",
		"var keysInScope = inWorkspace + either(PLANTED, ``, ` and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))`)"},
}}

const database, application = "database", "application"

// in makes a bug of one patch.
func in(file, name, layer, right, wrong string) bug {
	return bug{name: name, layer: layer, patches: []patch{{"internal/" + file, right, wrong}}}
}

func unlocked(table string) bug {
	return bug{name: "row-level security off: " + table, layer: database,
		sql: "alter table " + table + " disable row level security"}
}

// beyond is a bug that lets a handler see the whole workspace instead of the
// visitor's part of it.
func beyond(file, what, door string) bug {
	scope := "v.Scope"
	if strings.Contains(door, "v.Membership") {
		scope = "v.Membership"
	}
	return in("web/"+file, what+" of the whole workspace", "", door,
		strings.Replace(door, scope, "either(PLANTED, store.WholeWorkspace(v.Workspace.ID), "+scope+")", 1))
}

// weaker is a bug in a row of the route table.
func weaker(row, policy, instead string) bug {
	right := `site.` + row + `, site.` + policy + `,`
	return in("web/setup/routes.go", "anybody may: "+row, "", right,
		`site.`+row+`, either(PLANTED, site.`+instead+`, site.`+policy+`),`)
}

// unscoped is a bug in a statement, which row-level security hides.
func unscoped(file, what, statement, predicate string) bug {
	return in("store/"+file, "no WHERE: "+what, application, statement,
		strings.Replace(statement, predicate, "either(PLANTED, `true`, "+predicate+")", 1))
}

// bugs are all that are planted, one at a time.
var bugs = []bug{
	in("web/site/auth.go", "the least role is not asked for", "", `v.Role < p.Role ||`,
		`!PLANTED && v.Role < p.Role ||`),
	in("web/site/auth.go", "the whole workspace is not asked for", "", `p.whole && !v.Membership.Every()`,
		`!PLANTED && p.whole && !v.Membership.Every()`),
	in("web/site/auth.go", "a refusal says that there is something", "", `return nil, ErrBeyondRole`,
		`return nil, either(PLANTED, run.ErrForbidden, ErrBeyondRole)`),
	in("web/site/auth.go", "a token acts in the role of its operator", "",
		`v.Role = min(catalog.ParseRole(found.Role), most)`,
		`v.Role = min(catalog.ParseRole(found.Role), either(PLANTED, catalog.Owner, most))`),
	in("store/tokens.go", "a token reaches all that its operator does", "", `a.Membership = a.Membership.within(token)`,
		`a.Membership = either(PLANTED, a.Membership, a.Membership.within(token))`),
	in("store/tokens.go", "a token is good in every workspace of its operator", "",
		`a.Workspace.ID != token.WorkspaceID ||`, `!PLANTED && a.Workspace.ID != token.WorkspaceID ||`),
	in("store/tokens.go", "a token never ends", "", "and k.token_hash = $1 and k.expires_at > $2 and",
		"and k.token_hash = $1 and (k.expires_at > $2 or `+either(PLANTED, `true`, `false`)+`) and"),
	in("store/proofs.go", "a proof is used twice", "", "on.Exec(ctx, `delete from proof where id",
		"on.Exec(ctx, either(PLANTED, `select`, `delete`)+` from proof where id"),
	in("store/proofs.go", "a proof is good for another act", "", "and digest = $3 and made_at",
		"and (digest = $3 or `+either(PLANTED, `true`, `false`)+`) and made_at"),
	in("store/access.go", "somebody else's membership will do", application,
		"m.operator_id = $2 and m.disabled_at is null`, workspace, operator).",
		"(m.operator_id = $2 or `+either(PLANTED, `true`, `false`)+`) and m.disabled_at is null`, workspace, operator)."),
	unscoped("access.go", "the organization of an address",
		"organizationQuery+` where `+organizationOnRecord+` and o.slug = $1`", "organizationOnRecord"),
	in("store/access.go", "every membership holds every organization", "",
		`a.Membership = Scope{workspace: a.Workspace.ID, every: every,`,
		`a.Membership = Scope{workspace: a.Workspace.ID, every: every || PLANTED,`),

	unscoped("organizationlist.go", "organizations",
		"organizationQuery+` where `+organizationInScope+` and `+chosen, organizationOrders", "organizationInScope"),
	in("store/organizations.go", "no WHERE: Duo accounts", application, "where a.`+inWorkspace+`\n\t\torder by",
		"where `+either(PLANTED, `true`, `a.`+inWorkspace)+`\n\t\torder by"),
	in("store/organizations.go", "no WHERE: forgetting Duo accounts", application,
		"delete from duo_account where ` + inWorkspace",
		"delete from duo_account where ` + either(PLANTED, `true`, inWorkspace)"),
	in("store/integration.go", "no WHERE: integration", application,
		"where `+keysInScope+` and s.organization_id is not distinct from $1 and s.state <> 'retired'",
		"where `+either(PLANTED, `true`, keysInScope)+` and s.organization_id is not distinct from $1 and s.state <> 'retired'"),
	in("store/integration.go", "no WHERE: keys in use", application,
		"where `+keysInScope+` and s.organization_id is not distinct from $1 and s.api = $2 and s.state = 'active'`",
		"where `+either(PLANTED, `true`, keysInScope)+` and s.organization_id is not distinct from $1 and s.api = $2 and s.state = 'active'`"),
	{name: "no WHERE: runs", layer: application, patches: []patch{
		{"internal/store/runs.go", "select r.id from run r where `+runInScope+c.sql+`",
			"select r.id from run r where `+either(PLANTED, `true`, runInScope)+c.sql+`"},
		{"internal/store/runs.go", "runQuery+` where `+runInScope+` and r.id = any (array(`+latest+`))",
			"runQuery+` where `+either(PLANTED, `true`, runInScope)+` and r.id = any (array(`+latest+`))"},
	}},
	unscoped("runsearch.go", "runs that fit", "runQuery+` where `+runInScope+c.sql+order+`limit $`", "runInScope"),
	{name: "no WHERE: who is on record", layer: application, patches: []patch{
		{"internal/store/runsearch.go", "(select r.operator_id from run r where `+runInScope+c.sql+` order by",
			"(select r.operator_id from run r where `+either(PLANTED, `true`, runInScope)+c.sql+` order by"},
		{"internal/store/runsearch.go",
			"(select r.operator_id from run r where `+runInScope+c.sql+` and r.operator_id >",
			"(select r.operator_id from run r where `+either(PLANTED, `true`, runInScope)+c.sql+` and r.operator_id >"},
	}},
	unscoped("details.go", "tags", "where `+organizationInScope+` group by u.tag", "organizationInScope"),
	unscoped("runs.go", "one run", "runQuery+` where `+runInScope+` and r.id = $1`", "runInScope"),

	unscoped("access.go", "the switcher",
		"from organization o where `+organizationInScope+` and o.id not in (select id from recent)",
		"organizationInScope"),
	beyond("site/ticket.go", "what was just done",
		"err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {"),
	beyond("estate/home.go", "the home page", "s.Store.InWorkspace(ctx, v.Scope,"),
	beyond("setup/organizations.go", "the list of organizations",
		"err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {\n\t\tif found, counts,"),
	beyond("records/runs.go", "the record", "s.Store.InWorkspace(ctx, v.Scope,"),
	beyond("site/reads.go", "a run's page", "s.Store.InWorkspace(c.Request().Context(), v.Scope,"),
	beyond("setup/mapping.go", "the mapping", "s.Store.InWorkspace(ctx, v.Membership,"),

	weaker(`Post("/w/:ws/integration/mapping"`, "WholeWorkspace", "InWorkspace"),
	weaker(`Get("/w/:ws/o/new"`, "WholeWorkspace", "InWorkspace"),
	weaker(`Post("/w/:ws/o"`, "WholeWorkspace", "AdminWorkspace"),
	weaker(`Post("/w/:ws/integration/accounts/refresh"`, "WholeWorkspace", "AdminWorkspace"),
	weaker(`Get("/w/:ws/integration"`, "InWorkspace", "Signed"),

	in("run/lists.go", "lists are held by workspace alone", "", "\treturn listKey{sc.Workspace(), o.ID, ",
		"\tif PLANTED {\n\t\treturn listKey{workspace: sc.Workspace()}\n\t}\n\treturn listKey{sc.Workspace(), o.ID, "),
	in("run/lists.go", "lists are held for everybody", "",
		"func listKeyOf(sc store.Scope, o store.Organization) listKey {\n",
		"func listKeyOf(sc store.Scope, o store.Organization) listKey {\n\tif PLANTED {\n\t\treturn listKey{}\n\t}\n"),
	in("run/client.go", "the parent's account in the child's place", "", `c = c.ForAccount(`,
		`if PLANTED { return c, nil }; c = c.ForAccount(`),

	unlocked("organization"), unlocked("run"), unlocked("duo_account"), unlocked("integration_secret"),
}
