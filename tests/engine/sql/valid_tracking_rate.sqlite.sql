WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, max(sources.through) AS day, CAST(sources.complete AS INTEGER) AS n0, 0 AS n1, 0 AS n2
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id, sources.fact, sources.complete UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, packages.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1), ?) AS n1, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1 IS NOT 1), ?) AS n2
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN ? AND ? GROUP BY packages.account_id UNION ALL SELECT 1 AS branch, packages.account_id AS account_id, CAST(packages.category AS VARCHAR) AS part, NULL AS day, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1), ?) AS n1, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1 IS NOT 1), ?) AS n2
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN ? AND ? GROUP BY packages.account_id, packages.category
