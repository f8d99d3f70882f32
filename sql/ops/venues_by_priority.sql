-- Whose failed images should be looked at first?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT c.venue_id, c.name, c.images, c.failed, c.transient, a.activity,
       round(100.0 * c.failed / c.images, 1) AS failure_rate_pct,
       round(c.failed * 10 + 100.0 * c.failed / c.images + CASE WHEN c.transient > 0 THEN 20 ELSE 0 END
             + a.activity / 100.0, 1) AS priority
  FROM (SELECT v.id AS venue_id, v.name, count(*) AS images,
               count(*) FILTER (WHERE s.upload_status IN ('failed', 'permanently_failed')) AS failed,
               count(*) FILTER (WHERE s.error_details->>'class' = 'transient') AS transient
          FROM venues v JOIN venue_image_states s ON s.venue_id = v.id
         WHERE (v.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND v.deleted_at IS NULL
         GROUP BY v.id, v.name) c
 CROSS JOIN LATERAL (SELECT count(*) AS activity FROM uploads u WHERE u.venue_id = c.venue_id) a
 WHERE c.failed > 0
 ORDER BY priority DESC, c.name, c.venue_id;
