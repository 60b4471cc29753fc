WITH asked AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE accounts.account_id IN (__[POSTCOMPILE_ask_accounts]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, CAST(max(sources.through) AS VARCHAR) AS day, max(CAST(sources.complete AS INTEGER)) AS n0, 0 AS n1, 0 AS n2
FROM sources
WHERE sources.account_id IN (SELECT asked.account_id
FROM asked) GROUP BY sources.account_id, sources.fact UNION ALL SELECT 0 AS branch, packages.account_id AS account_id, '' AS part, '' AS day, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1), ?) AS n1, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1 IS NOT 1), ?) AS n2
FROM packages
WHERE packages.account_id IN (SELECT asked.account_id
FROM asked) AND packages.promised_on BETWEEN ? AND ? GROUP BY packages.account_id UNION ALL SELECT 1 AS branch, packages.account_id AS account_id, CAST(packages.category AS VARCHAR) AS part, '' AS day, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL), ?) AS n0, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1), ?) AS n1, coalesce(count(*) FILTER (WHERE packages.channel = ? AND packages.confirmed_at IS NOT NULL AND packages.exempt_reason IS NULL AND packages.tracked = 1 IS NOT 1), ?) AS n2
FROM packages
WHERE packages.account_id IN (SELECT asked.account_id
FROM asked) AND packages.promised_on BETWEEN ? AND ? GROUP BY packages.account_id, packages.category
