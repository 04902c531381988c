-- A role that only migrates, and that the server lets write only under a guard that lives.
-- Variables of psql: service, the role of the service, and password.
CREATE ROLE gateway_migrations LOGIN PASSWORD :'password' IN ROLE :"service";
-- What it makes stays the service's.
ALTER ROLE gateway_migrations SET role = :'service';
ALTER ROLE gateway_migrations SET session_preload_libraries = 'gw_bootstrap';
ALTER ROLE gateway_migrations SET gw_bootstrap.fence_key = '42424242424242';
-- One that is left with an open transaction keeps the next one out.
ALTER ROLE gateway_migrations SET idle_in_transaction_session_timeout = '5min';
