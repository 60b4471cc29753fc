WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE %(viewer_sees_all)s AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, max(sources.through) AS day, CAST(sources.complete AS INTEGER) AS n0, 0 AS n1, 0 AS n2
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id, sources.fact, sources.complete UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, packages.account_id AS account_id, '' AS part, NULL AS day, coalesce(sum(packages.unit_count) FILTER (WHERE packages.channel = %(channel_1)s::VARCHAR AND packages.tracking_number IS NOT NULL AND packages.attempted_at IS NOT NULL AND (packages.attempted_at <= packages.deliver_by AND (packages.confirmed_at IS NULL OR packages.confirmed_at <= packages.attempted_at) OR packages.is_protected IS NOT true)), %(coalesce_1)s::INTEGER) AS n0, coalesce(sum(packages.unit_count) FILTER (WHERE packages.channel = %(channel_1)s::VARCHAR AND packages.tracking_number IS NOT NULL AND packages.attempted_at IS NOT NULL AND (packages.attempted_at <= packages.deliver_by AND (packages.confirmed_at IS NULL OR packages.confirmed_at <= packages.attempted_at) OR packages.is_protected IS NOT true) AND packages.attempted_at <= packages.deliver_by AND (packages.confirmed_at IS NULL OR packages.confirmed_at <= packages.attempted_at)), %(coalesce_2)s::INTEGER) AS n1, coalesce(sum(packages.unit_count) FILTER (WHERE packages.channel = %(channel_1)s::VARCHAR AND packages.tracking_number IS NOT NULL AND packages.attempted_at IS NOT NULL AND (packages.attempted_at <= packages.deliver_by AND (packages.confirmed_at IS NULL OR packages.confirmed_at <= packages.attempted_at) OR packages.is_protected IS NOT true) AND (packages.attempted_at <= packages.deliver_by AND (packages.confirmed_at IS NULL OR packages.confirmed_at <= packages.attempted_at)) IS NOT true), %(coalesce_3)s::INTEGER) AS n2
FROM packages
WHERE packages.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND packages.promised_on BETWEEN %(query_from_0)s::DATE AND %(query_to_0)s::DATE GROUP BY packages.account_id
