WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE %(viewer_sees_all)s AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, max(sources.through) AS day, CAST(sources.complete AS INTEGER) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id, sources.fact, sources.complete UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, orders.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.accepted), %(coalesce_1)s::INTEGER) AS n0, coalesce(count(*) FILTER (WHERE orders.accepted AND ((EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT true AND feedback.classification = %(classification_1)s::VARCHAR)) OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = %(kind_1)s::VARCHAR)))), %(coalesce_2)s::INTEGER) AS n1, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT true AND feedback.classification = %(classification_1)s::VARCHAR))), %(coalesce_3)s::INTEGER) AS n2, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))), %(coalesce_4)s::INTEGER) AS n3, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = %(kind_1)s::VARCHAR))), %(coalesce_5)s::INTEGER) AS n4, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND (claims.state IS NULL OR claims.state = %(state_2)s::VARCHAR)))), %(coalesce_6)s::INTEGER) AS n5
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN %(query_from_0)s::DATE AND %(query_to_0)s::DATE GROUP BY orders.account_id UNION ALL SELECT 1 AS branch, orders.account_id AS account_id, CAST(orders.channel AS VARCHAR) AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.accepted), %(coalesce_7)s::INTEGER) AS n0, coalesce(count(*) FILTER (WHERE orders.accepted AND ((EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT true AND feedback.classification = %(classification_1)s::VARCHAR)) OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = %(kind_1)s::VARCHAR)))), %(coalesce_8)s::INTEGER) AS n1, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT true AND feedback.classification = %(classification_1)s::VARCHAR))), %(coalesce_9)s::INTEGER) AS n2, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))), %(coalesce_10)s::INTEGER) AS n3, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = %(kind_1)s::VARCHAR))), %(coalesce_11)s::INTEGER) AS n4, coalesce(count(*) FILTER (WHERE orders.accepted AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND (claims.state IS NULL OR claims.state = %(state_2)s::VARCHAR)))), %(coalesce_12)s::INTEGER) AS n5
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN %(query_from_1)s::DATE AND %(query_to_1)s::DATE GROUP BY orders.account_id, orders.channel
