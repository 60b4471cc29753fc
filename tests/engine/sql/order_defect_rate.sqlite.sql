WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, max(sources.through) AS day, CAST(sources.complete AS INTEGER) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id, sources.fact, sources.complete UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, orders.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.accepted = 1), ?) AS n0, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND ((EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)))), ?) AS n1, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?))), ?) AS n2, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))), ?) AS n3, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?))), ?) AS n4, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND (claims.state IS NULL OR claims.state = ?)))), ?) AS n5
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? GROUP BY orders.account_id UNION ALL SELECT 1 AS branch, orders.account_id AS account_id, CAST(orders.channel AS VARCHAR) AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.accepted = 1), ?) AS n0, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND ((EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)))), ?) AS n1, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?))), ?) AS n2, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))), ?) AS n3, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?))), ?) AS n4, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND (claims.state IS NULL OR claims.state = ?)))), ?) AS n5
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? GROUP BY orders.account_id, orders.channel
