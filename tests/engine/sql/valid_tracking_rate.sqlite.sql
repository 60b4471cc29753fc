WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, CAST(group_concat(sources.fact || ' ' || CAST(CAST(sources.complete AS INTEGER) AS VARCHAR) || ' ' || CAST(sources.through AS VARCHAR), __[POSTCOMPILE_aggregate_strings_1]) AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, 0 AS n0, 0 AS n1, 0 AS n2
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, packages.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1), ?) AS n1, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1 IS NOT 1), ?) AS n2
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN ? AND ? GROUP BY packages.account_id UNION ALL SELECT 1 AS branch, packages.account_id AS account_id, CAST(packages.category AS VARCHAR) AS part, NULL AS day, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1), ?) AS n1, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1 IS NOT 1), ?) AS n2
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN ? AND ? GROUP BY packages.account_id, packages.category UNION ALL SELECT -3 AS branch, accounts.account_id AS account_id, '' AS part, NULL AS day, 0 + CASE WHEN (EXISTS (SELECT 1
FROM packages
WHERE packages.account_id = accounts.account_id AND (packages.channel = 'UNKNOWN' OR packages.deliver_by IS NULL))) THEN 1 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM packages
WHERE packages.account_id = accounts.account_id AND packages.promised_on IS NULL)) THEN 2 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM packages
WHERE packages.account_id = accounts.account_id AND packages.category = 'UNKNOWN')) THEN 4 ELSE 0 END AS n0, 0 AS n1, 0 AS n2
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]);
WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT 0 AS branch, anon_1.of_account AS account_id, '' AS part, CAST(NULL AS DATE) AS day, anon_1.alike AS n0, anon_1.elsewhere AS n1, anon_1.cells AS n2, anon_1.c0 AS n3, anon_1.c1 AS n4, anon_1.c2 AS n5, anon_1.c3 AS n6, anon_1.c4 AS n7
FROM (SELECT packages.account_id AS of_account, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN (packages.channel = 'UNKNOWN') THEN 1 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (packages.channel = 'UNKNOWN') THEN NULL ELSE coalesce(packages.channel = ?, 0) END AS INTEGER), CASE WHEN (packages.channel = ?) THEN 3 ELSE 2 END) AS c0, CASE WHEN (packages.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END AS c1, CASE WHEN (packages.exempt_reason IS NULL) THEN 1 ELSE 0 END AS c2, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c3, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c4, count(*) AS alike
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN ? AND ? AND (packages.channel = 'UNKNOWN' OR packages.deliver_by IS NULL) GROUP BY of_account, elsewhere, cells, c0, c1, c2, c3, c4) AS anon_1
WHERE anon_1.c0 + anon_1.elsewhere >= 2 OR anon_1.c1 + anon_1.elsewhere >= 2 OR anon_1.c2 + anon_1.elsewhere >= 2 OR anon_1.c3 + anon_1.elsewhere >= 2 OR anon_1.c4 + anon_1.elsewhere >= 2 UNION ALL SELECT 1 AS branch, anon_2.of_account AS account_id, '' AS part, CAST(NULL AS DATE) AS day, anon_2.alike AS n0, anon_2.elsewhere AS n1, anon_2.cells AS n2, anon_2.c0 AS n3, anon_2.c1 AS n4, anon_2.c2 AS n5, anon_2.c3 AS n6, anon_2.c4 AS n7
FROM (SELECT packages.account_id AS of_account, 1 AS elsewhere, 0 + CASE WHEN (packages.channel = 'UNKNOWN') THEN 1 ELSE 0 END + CASE WHEN (packages.promised_on IS NULL) THEN 2 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (packages.channel = 'UNKNOWN') THEN NULL ELSE coalesce(packages.channel = ?, 0) END AS INTEGER), CASE WHEN (packages.channel = ?) THEN 3 ELSE 2 END) AS c0, CASE WHEN (packages.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END AS c1, CASE WHEN (packages.exempt_reason IS NULL) THEN 1 ELSE 0 END AS c2, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c3, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c4, count(*) AS alike
FROM packages JOIN orders AS of_order ON of_order.account_id = packages.account_id AND of_order.order_id = packages.order_id
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND of_order.placed_on BETWEEN ? AND ? AND packages.promised_on IS NULL GROUP BY of_account, elsewhere, cells, c0, c1, c2, c3, c4) AS anon_2
WHERE anon_2.c0 + anon_2.elsewhere >= 2 OR anon_2.c1 + anon_2.elsewhere >= 2 OR anon_2.c2 + anon_2.elsewhere >= 2 OR anon_2.c3 + anon_2.elsewhere >= 2 OR anon_2.c4 + anon_2.elsewhere >= 2 UNION ALL SELECT 2 AS branch, anon_3.of_account AS account_id, CAST(anon_3.in_part AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, anon_3.alike AS n0, anon_3.elsewhere AS n1, anon_3.cells AS n2, anon_3.c0 AS n3, anon_3.c1 AS n4, anon_3.c2 AS n5, anon_3.c3 AS n6, anon_3.c4 AS n7
FROM (SELECT packages.account_id AS of_account, packages.category AS in_part, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN (packages.category = 'UNKNOWN') THEN 1 ELSE 0 END + CASE WHEN (packages.channel = 'UNKNOWN') THEN 2 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (packages.channel = 'UNKNOWN') THEN NULL ELSE coalesce(packages.channel = ?, 0) END AS INTEGER), CASE WHEN (packages.channel = ?) THEN 3 ELSE 2 END) AS c0, CASE WHEN (packages.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END AS c1, CASE WHEN (packages.exempt_reason IS NULL) THEN 1 ELSE 0 END AS c2, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c3, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c4, count(*) AS alike
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN ? AND ? AND (packages.channel = 'UNKNOWN' OR packages.deliver_by IS NULL OR packages.category = 'UNKNOWN') GROUP BY of_account, in_part, elsewhere, cells, c0, c1, c2, c3, c4) AS anon_3
WHERE anon_3.c0 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_3.c1 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_3.c2 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_3.c3 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_3.c4 + anon_3.elsewhere + CASE WHEN (anon_3.in_part = ?) THEN 1 ELSE 0 END >= 2 UNION ALL SELECT 3 AS branch, anon_4.of_account AS account_id, CAST(anon_4.in_part AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, anon_4.alike AS n0, anon_4.elsewhere AS n1, anon_4.cells AS n2, anon_4.c0 AS n3, anon_4.c1 AS n4, anon_4.c2 AS n5, anon_4.c3 AS n6, anon_4.c4 AS n7
FROM (SELECT packages.account_id AS of_account, packages.category AS in_part, 1 AS elsewhere, 0 + CASE WHEN (packages.category = 'UNKNOWN') THEN 1 ELSE 0 END + CASE WHEN (packages.channel = 'UNKNOWN') THEN 2 ELSE 0 END + CASE WHEN (packages.promised_on IS NULL) THEN 4 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (packages.channel = 'UNKNOWN') THEN NULL ELSE coalesce(packages.channel = ?, 0) END AS INTEGER), CASE WHEN (packages.channel = ?) THEN 3 ELSE 2 END) AS c0, CASE WHEN (packages.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END AS c1, CASE WHEN (packages.exempt_reason IS NULL) THEN 1 ELSE 0 END AS c2, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c3, CASE WHEN packages.tracked = 1 THEN 1 ELSE 0 END AS c4, count(*) AS alike
FROM packages JOIN orders AS of_order ON of_order.account_id = packages.account_id AND of_order.order_id = packages.order_id
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND of_order.placed_on BETWEEN ? AND ? AND packages.promised_on IS NULL GROUP BY of_account, in_part, elsewhere, cells, c0, c1, c2, c3, c4) AS anon_4
WHERE anon_4.c0 + anon_4.elsewhere + CASE WHEN (anon_4.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_4.c1 + anon_4.elsewhere + CASE WHEN (anon_4.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_4.c2 + anon_4.elsewhere + CASE WHEN (anon_4.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_4.c3 + anon_4.elsewhere + CASE WHEN (anon_4.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_4.c4 + anon_4.elsewhere + CASE WHEN (anon_4.in_part = ?) THEN 1 ELSE 0 END >= 2;
