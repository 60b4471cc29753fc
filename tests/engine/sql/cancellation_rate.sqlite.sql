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
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, orders.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.channel = ? AND orders.accepted = 1), ?) AS n0, coalesce(count(*) FILTER (WHERE orders.channel = ? AND orders.accepted = 1 AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND (items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1 OR items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)))), ?) AS n1, coalesce(count(*) FILTER (WHERE orders.channel = ? AND orders.canceller_unknown = 1), ?) AS n2
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? GROUP BY orders.account_id UNION ALL SELECT -3 AS branch, accounts.account_id AS account_id, '' AS part, NULL AS day, 0 + CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE items.account_id = accounts.account_id AND (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL OR items.requested IS NULL))) THEN 1 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM orders
WHERE orders.account_id = accounts.account_id AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL))) THEN 2 ELSE 0 END AS n0, 0 AS n1, 0 AS n2
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]);
WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT 0 AS branch, anon_1.of_account AS account_id, '' AS part, CAST(NULL AS DATE) AS day, anon_1.alike AS n0, anon_1.elsewhere AS n1, anon_1.cells AS n2, anon_1.c0 AS n3, anon_1.c1 AS n4, anon_1.c2 AS n5, anon_1.c3 AS n6
FROM (SELECT orders.account_id AS of_account, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN ((EXISTS (SELECT *
FROM items AS items_1
WHERE items_1.account_id = orders.account_id AND items_1.order_id = orders.order_id AND items_1.before_shipment IS NULL AND items_1.cancelled_by IS NOT NULL)) OR (EXISTS (SELECT *
FROM items AS items_2
WHERE items_2.account_id = orders.account_id AND items_2.order_id = orders.order_id AND items_2.requested IS NULL)) OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL) THEN 1 ELSE 0 END + CASE WHEN (orders.channel = 'UNKNOWN') THEN 2 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel = ?, 0) END AS INTEGER), CASE WHEN (orders.channel = ?) THEN 3 ELSE 2 END) AS c0, coalesce(CAST(CASE WHEN (orders.accepted IS NULL) THEN NULL ELSE coalesce(orders.accepted, 0) END AS INTEGER), CASE WHEN orders.accepted = 1 THEN 3 ELSE 2 END) AS c1, coalesce(CAST(CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND (items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1 OR items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1))) THEN 1 WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND (CASE WHEN (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL) THEN NULL ELSE coalesce(items.before_shipment, 0) END = 1 AND coalesce(items.cancelled_by = ?, 0) = 1 AND CASE WHEN (items.requested IS NULL) THEN NULL ELSE coalesce(items.requested, 0) = 0 END = 1 OR CASE WHEN (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL) THEN NULL ELSE coalesce(items.before_shipment, 0) END = 1 AND coalesce(items.cancelled_by = ?, 0) = 1 AND CASE WHEN (items.requested IS NULL) THEN NULL ELSE coalesce(items.requested, 0) = 0 END = 1) IS NULL)) THEN NULL ELSE 0 END AS INTEGER), CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND (items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1 OR items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1))) THEN 3 ELSE 2 END) AS c2, coalesce(CAST(CASE WHEN (orders.canceller_unknown IS NULL) THEN NULL ELSE coalesce(orders.canceller_unknown, 0) END AS INTEGER), CASE WHEN orders.canceller_unknown = 1 THEN 3 ELSE 2 END) AS c3, count(*) AS alike
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL OR (orders.account_id, orders.order_id) IN (SELECT items_3.account_id, items_3.order_id
FROM items AS items_3
WHERE items_3.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND (items_3.before_shipment IS NULL AND items_3.cancelled_by IS NOT NULL OR items_3.requested IS NULL))) GROUP BY of_account, elsewhere, cells, c0, c1, c2, c3) AS anon_1
WHERE anon_1.c0 + anon_1.elsewhere >= 2 OR anon_1.c1 + anon_1.elsewhere >= 2 OR anon_1.c2 + anon_1.elsewhere >= 2 OR anon_1.c3 + anon_1.elsewhere >= 2;
