WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE %(viewer_sees_all)s AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, sources.fact AS part, max(sources.through) AS day, CAST(sources.complete AS INTEGER) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id, sources.fact, sources.complete UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, orders.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.accepted AND (coalesce(orders.status, %(coalesce_1)s::VARCHAR) = %(coalesce_2)s::VARCHAR AND orders.confirmed_at IS NULL AND NOT (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment AND items.cancelled_by = %(cancelled_by_1)s::VARCHAR AND items.requested IS NOT true)) OR orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment AND items.cancelled_by = %(cancelled_by_2)s::VARCHAR AND items.requested IS NOT true)))) IS NOT true), %(coalesce_3)s::INTEGER) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN %(query_from_0)s::DATE AND %(query_to_0)s::DATE GROUP BY orders.account_id UNION ALL SELECT 1 AS branch, anon_1.of_account AS account_id, '' AS part, NULL AS day, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_1)s::VARCHAR), %(coalesce_4)s::INTEGER) AS n0, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_2)s::VARCHAR), %(coalesce_5)s::INTEGER) AS n1, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_3)s::VARCHAR), %(coalesce_6)s::INTEGER) AS n2, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_4)s::VARCHAR), %(coalesce_7)s::INTEGER) AS n3, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_5)s::VARCHAR), %(coalesce_8)s::INTEGER) AS n4, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_6)s::VARCHAR), %(coalesce_9)s::INTEGER) AS n5, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_7)s::VARCHAR), %(coalesce_10)s::INTEGER) AS n6, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_8)s::VARCHAR), %(coalesce_11)s::INTEGER) AS n7, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = %(in_class_9)s::VARCHAR), %(coalesce_12)s::INTEGER) AS n8
FROM (SELECT orders.account_id AS of_account, orders.placed_on AS on_day, CASE WHEN (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))) THEN %(param_1)s::VARCHAR WHEN (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = %(kind_1)s::VARCHAR))) THEN %(param_2)s::VARCHAR WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT true AND feedback.classification = %(classification_1)s::VARCHAR)) THEN %(param_3)s::VARCHAR WHEN (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment AND items.cancelled_by = %(cancelled_by_1)s::VARCHAR AND items.requested IS NOT true))) THEN %(param_4)s::VARCHAR WHEN (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment AND items.cancelled_by = %(cancelled_by_2)s::VARCHAR AND items.requested IS NOT true))) THEN %(param_5)s::VARCHAR WHEN (orders.channel != %(channel_1)s::VARCHAR AND orders.late_by > %(late_by_1)s::INTEGER) THEN %(param_6)s::VARCHAR WHEN (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM messages
WHERE orders.account_id = messages.account_id AND orders.order_id = messages.order_id AND messages.needs_answer IS NOT false AND (messages.answered_after > %(answered_after_1)s::INTEGER OR messages.answered_after IS NULL AND messages.received_at < %(clock_24h)s::TIMESTAMP WITH TIME ZONE)))) THEN %(param_7)s::VARCHAR WHEN (orders.channel != %(channel_1)s::VARCHAR AND orders.delivered_working_days <= %(delivered_working_days_1)s::INTEGER AND orders.delivered_at <= orders.deliver_by_earliest AND NOT (EXISTS (SELECT 1
FROM refunds
WHERE orders.account_id = refunds.account_id AND orders.order_id = refunds.order_id)) AND NOT (EXISTS (SELECT 1
FROM packages
WHERE orders.account_id = packages.account_id AND orders.order_id = packages.order_id AND NOT packages.tracked))) THEN %(param_8)s::VARCHAR ELSE %(param_9)s::VARCHAR END AS in_class, count(*) AS counted
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN %(query_from_1)s::DATE AND %(query_to_1)s::DATE AND orders.accepted AND (coalesce(orders.status, %(coalesce_1)s::VARCHAR) = %(coalesce_2)s::VARCHAR AND orders.confirmed_at IS NULL AND NOT (orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment AND items.cancelled_by = %(cancelled_by_1)s::VARCHAR AND items.requested IS NOT true)) OR orders.channel != %(channel_1)s::VARCHAR AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment AND items.cancelled_by = %(cancelled_by_2)s::VARCHAR AND items.requested IS NOT true)))) IS NOT true GROUP BY of_account, on_day, in_class) AS anon_1 GROUP BY anon_1.of_account
