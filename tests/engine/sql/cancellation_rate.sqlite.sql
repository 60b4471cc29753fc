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
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, orders.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.channel = ? AND orders.accepted = 1), ?) AS n0, coalesce(count(*) FILTER (WHERE orders.channel = ? AND orders.accepted = 1 AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND (items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1 OR items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)))), ?) AS n1, coalesce(count(*) FILTER (WHERE orders.channel = ? AND orders.canceller_unknown = 1), ?) AS n2
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? GROUP BY orders.account_id
