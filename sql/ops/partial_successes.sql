-- Which venues have got some of their images and not the others?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT c.*, round(100.0 * c.failed / c.images, 1) AS failure_rate_pct
  FROM (SELECT v.id AS venue_id, v.name, count(*) AS images,
               count(*) FILTER (WHERE s.upload_status = 'uploaded') AS uploaded,
               count(*) FILTER (WHERE s.upload_status IN ('failed', 'permanently_failed')) AS failed,
               count(*) FILTER (WHERE s.upload_status = 'permanently_failed') AS permanently_failed
          FROM venues v JOIN venue_image_states s ON s.venue_id = v.id
         WHERE (v.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND v.deleted_at IS NULL
         GROUP BY v.id, v.name) c
 WHERE c.uploaded > 0 AND c.failed > 0
 ORDER BY failure_rate_pct DESC, c.failed DESC, c.name, c.venue_id;
