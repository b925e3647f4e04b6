-- Run this once after a restore, as a superuser, before serve starts. A dump brings
-- back what was ended since: sessions that were signed out, access tokens and
-- invitations that were revoked, devices that were forgotten. Operators sign in again, programs get new access
-- tokens, and invitations are sent again.
begin;
truncate session, device, draft, invitation, invitation_organization, api_token, api_token_organization;
update operator set epoch = epoch + 1;
commit;
