WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, CAST(group_concat(sources.fact || ' ' || CAST(CAST(sources.complete AS INTEGER) AS VARCHAR) || ' ' || CAST(sources.through AS VARCHAR), __[POSTCOMPILE_aggregate_strings_1]) AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, 0 AS n0, 0 AS n1
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, violations.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL AND violations.severity IN (__[POSTCOMPILE_severity_1])), ?) AS n1
FROM violations
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND violations.detected_on BETWEEN ? AND ? GROUP BY violations.account_id UNION ALL SELECT 1 AS branch, violations.account_id AS account_id, CAST(violations.category AS VARCHAR) AS part, NULL AS day, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE violations.resolved_at IS NULL AND violations.severity IN (__[POSTCOMPILE_severity_1])), ?) AS n1
FROM violations
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND violations.detected_on BETWEEN ? AND ? GROUP BY violations.account_id, violations.category UNION ALL SELECT -3 AS branch, accounts.account_id AS account_id, '' AS part, NULL AS day, 0 + CASE WHEN (EXISTS (SELECT 1
FROM violations
WHERE violations.account_id = accounts.account_id AND violations.detected_on IS NULL)) THEN 1 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM violations
WHERE violations.account_id = accounts.account_id AND violations.category = 'UNKNOWN')) THEN 2 ELSE 0 END AS n0, 0 AS n1
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]);
WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT 0 AS branch, anon_1.of_account AS account_id, '' AS part, CAST(NULL AS DATE) AS day, anon_1.alike AS n0, anon_1.elsewhere AS n1, anon_1.cells AS n2, anon_1.c0 AS n3, anon_1.c1 AS n4
FROM (SELECT violations.account_id AS of_account, 1 AS elsewhere, 0 + CASE WHEN (violations.detected_on IS NULL) THEN 1 ELSE 0 END AS cells, CASE WHEN (violations.resolved_at IS NULL) THEN 1 ELSE 0 END AS c0, CASE WHEN (violations.severity IN (__[POSTCOMPILE_severity_1])) THEN 1 ELSE 0 END AS c1, count(*) AS alike
FROM violations JOIN orders AS of_order ON of_order.account_id = violations.account_id AND of_order.order_id = violations.order_id
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND of_order.placed_on BETWEEN ? AND ? AND violations.detected_on IS NULL GROUP BY of_account, elsewhere, cells, c0, c1) AS anon_1
WHERE anon_1.c0 + anon_1.elsewhere >= 2 OR anon_1.c1 + anon_1.elsewhere >= 2 UNION ALL SELECT 1 AS branch, anon_2.of_account AS account_id, CAST(anon_2.in_part AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, anon_2.alike AS n0, anon_2.elsewhere AS n1, anon_2.cells AS n2, anon_2.c0 AS n3, anon_2.c1 AS n4
FROM (SELECT violations.account_id AS of_account, violations.category AS in_part, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN (violations.category = 'UNKNOWN') THEN 1 ELSE 0 END AS cells, CASE WHEN (violations.resolved_at IS NULL) THEN 1 ELSE 0 END AS c0, CASE WHEN (violations.severity IN (__[POSTCOMPILE_severity_1])) THEN 1 ELSE 0 END AS c1, count(*) AS alike
FROM violations
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND violations.detected_on BETWEEN ? AND ? AND violations.category = 'UNKNOWN' GROUP BY of_account, in_part, elsewhere, cells, c0, c1) AS anon_2
WHERE anon_2.c0 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_2.c1 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 UNION ALL SELECT 2 AS branch, anon_3.of_account AS account_id, CAST(anon_3.in_part AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, anon_3.alike AS n0, anon_3.elsewhere AS n1, anon_3.cells AS n2, anon_3.c0 AS n3, anon_3.c1 AS n4
FROM (SELECT violations.account_id AS of_account, violations.category AS in_part, 1 AS elsewhere, 0 + CASE WHEN (violations.category = 'UNKNOWN') THEN 1 ELSE 0 END + CASE WHEN (violations.detected_on IS NULL) THEN 2 ELSE 0 END AS cells, CASE WHEN (violations.resolved_at IS NULL) THEN 1 ELSE 0 END AS c0, CASE WHEN (violations.severity IN (__[POSTCOMPILE_severity_1])) THEN 1 ELSE 0 END AS c1, count(*) AS alike
FROM violations JOIN orders AS of_order ON of_order.account_id = violations.account_id AND of_order.order_id = violations.order_id
WHERE violations.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND of_order.placed_on BETWEEN ? AND ? AND violations.detected_on IS NULL GROUP BY of_account, in_part, elsewhere, cells, c0, c1) AS anon_3
WHERE anon_3.c0 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_3.c1 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2;
