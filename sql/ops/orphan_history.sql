-- What did each audit of the last 90 days find?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT a.began_at, a.source, a.state, a.ended_at,
       count(*) FILTER (WHERE f.kind = 'orphan') AS orphans,
       count(*) FILTER (WHERE f.kind = 'missing') AS missing,
       count(*) FILTER (WHERE f.kind = 'extra_version') AS extra_versions,
       count(*) FILTER (WHERE f.kind = 'condemned_there') AS condemned_there,
       count(*) FILTER (WHERE f.audit_id IS NOT NULL AND f.settled_at IS NULL) AS unsettled
  FROM audits a
  LEFT JOIN audit_findings f ON f.audit_id = a.id AND (f.owner = '00000000-0000-0000-0000-000000000000' OR true)
 WHERE a.began_at >= now() - interval '90 days'
 GROUP BY a.id, a.began_at, a.source, a.state, a.ended_at
 ORDER BY a.began_at DESC;
