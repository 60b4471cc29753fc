WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, max(sources.through) AS day, CAST(sources.complete AS INTEGER) AS n0, 0 AS n1
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id, sources.fact, sources.complete UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, violations.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL AND violations.severity IN (__[POSTCOMPILE_severity_1])), ?) AS n1
FROM violations
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND violations.detected_on BETWEEN ? AND ? GROUP BY violations.account_id UNION ALL SELECT 1 AS branch, violations.account_id AS account_id, CAST(violations.category AS VARCHAR) AS part, NULL AS day, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL AND violations.severity IN (__[POSTCOMPILE_severity_1])), ?) AS n1
FROM violations
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND violations.detected_on BETWEEN ? AND ? GROUP BY violations.account_id, violations.category
