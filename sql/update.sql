-- The update path: from every version that was released to this one.
SELECT count(*) AS missing_paths
  FROM pg_available_extension_versions v
 WHERE v.name = 'gw_bootstrap'
   AND v.version <> (SELECT default_version FROM pg_available_extensions WHERE name = 'gw_bootstrap')
   AND NOT EXISTS (SELECT FROM pg_extension_update_paths('gw_bootstrap') p
                    WHERE p.source = v.version AND p.path IS NOT NULL);
-- to the version that is installed: nothing to do
ALTER EXTENSION gw_bootstrap UPDATE;
