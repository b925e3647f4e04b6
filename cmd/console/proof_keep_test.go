//go:build proof

package main

import (
	"fmt"
	"strings"
)

// keepState remembers what the database and the simulator hold. restore brings that back, under consoles that go on
// serving: forms that were used up, and the limits that count attempts, are as they were.
func (s *proofSite) keepState() (restore func()) {
	s.t.Helper()
	conn, duo := s.db.Superuser(s.t), s.sim.Snapshot()
	rows, err := conn.Query(s.t.Context(), `
		select c.relname::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
		from pg_class c join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		and c.relname not like 'goose%' and c.relname <> 'process' -- whose rows are of the consoles that serve
		group by 1`)
	if err != nil {
		s.t.Fatal(err)
	}
	// Most requests change a few tables, and only those are compared with what was kept: triggers note which.
	var keep, bringBack strings.Builder
	for rows.Next() {
		var table, columns string
		if err := rows.Scan(&table, &columns); err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(&keep, `
			create table kept.%[1]s as select * from public.%[1]s;
			create trigger kept after insert or update or delete on public.%[1]s execute function kept.note();`, table)
		fmt.Fprintf(&bringBack, `
			if '%[1]s' = any (changed) then
				delete from public.%[1]s now where not exists (select from kept.%[1]s was where was = now);
				insert into public.%[1]s (%[2]s) overriding system value select %[2]s from kept.%[1]s was
					where not exists (select from public.%[1]s now where now = was);
			end if;`, table, columns)
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	// Without triggers: these are not changes, and each row comes back as it was.
	s.db.Exec(s.t, fmt.Sprintf(`drop schema if exists kept cascade; create schema kept;
		create table kept.changed (name text);
		create function kept.note() returns trigger language plpgsql security definer
		as $body$ begin insert into kept.changed values (tg_table_name); return null; end $body$;
		%s
		create function kept.bring_back() returns void language plpgsql set session_replication_role = replica
		as $body$ declare changed text[]; begin
			with noted as (delete from kept.changed returning name) select array_agg(distinct name) into changed from noted;
			%s end $body$`,
		&keep, &bringBack))
	return func() {
		s.sim.Revert(duo)
		if _, err := conn.Exec(s.t.Context(), `select kept.bring_back()`); err != nil {
			s.t.Error("bringing the state back: ", err)
		}
	}
}
