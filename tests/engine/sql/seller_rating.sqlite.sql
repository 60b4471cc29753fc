WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, CAST(group_concat(sources.fact || ' ' || CAST(CAST(sources.complete AS INTEGER) AS VARCHAR) || ' ' || CAST(sources.through AS VARCHAR), __[POSTCOMPILE_aggregate_strings_1]) AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, 0 AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM rejected_rows
WHERE rejected_rows.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY rejected_rows.account_id, rejected_rows.fact, rejected_rows.day UNION ALL SELECT 0 AS branch, orders.account_id AS account_id, '' AS part, NULL AS day, coalesce(count(*) FILTER (WHERE orders.accepted = 1 AND (coalesce(orders.status, ?) = ? AND orders.confirmed_at IS NULL AND NOT (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) OR orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)))) IS NOT 1), ?) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? GROUP BY orders.account_id UNION ALL SELECT 1 AS branch, anon_1.of_account AS account_id, '' AS part, NULL AS day, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n0, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n1, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n2, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n3, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n4, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n5, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n6, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n7, coalesce(sum(anon_1.counted) FILTER (WHERE anon_1.in_class = ?), ?) AS n8
FROM (SELECT orders.account_id AS of_account, orders.placed_on AS on_day, CASE WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))) THEN ? WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?))) THEN ? WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN ? WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1))) THEN ? WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1))) THEN ? WHEN (orders.channel != ? AND orders.late_by > ?) THEN ? WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM messages
WHERE orders.account_id = messages.account_id AND orders.order_id = messages.order_id AND messages.needs_answer IS NOT 0 AND (messages.answered_after > ? OR messages.answered_after IS NULL AND messages.received_at < ?)))) THEN ? WHEN (orders.channel != ? AND orders.delivered_working_days <= ? AND orders.delivered_at <= orders.deliver_by_earliest AND NOT (EXISTS (SELECT 1
FROM refunds
WHERE orders.account_id = refunds.account_id AND orders.order_id = refunds.order_id)) AND NOT (EXISTS (SELECT 1
FROM packages
WHERE orders.account_id = packages.account_id AND orders.order_id = packages.order_id AND packages.tracked = 0))) THEN ? ELSE ? END AS in_class, count(*) AS counted
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? AND orders.accepted = 1 AND (coalesce(orders.status, ?) = ? AND orders.confirmed_at IS NULL AND NOT (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) OR orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)))) IS NOT 1 GROUP BY of_account, on_day, in_class) AS anon_1 GROUP BY anon_1.of_account UNION ALL SELECT -3 AS branch, accounts.account_id AS account_id, '' AS part, NULL AS day, 0 + CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE feedback.account_id = accounts.account_id AND (feedback.rating IS NULL OR feedback.classification IS NULL))) THEN 1 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE items.account_id = accounts.account_id AND (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL OR items.requested IS NULL))) THEN 2 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM messages
WHERE messages.account_id = accounts.account_id AND (messages.received_at IS NULL OR messages.received_at IS NULL AND messages.answered_at IS NOT NULL))) THEN 4 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM orders
WHERE orders.account_id = accounts.account_id AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL))) THEN 8 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM orders
WHERE orders.account_id = accounts.account_id AND (orders.ship_by IS NULL AND orders.channel != 'AMAZON' OR orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) OR orders.confirmed_at IS NOT NULL AND orders.ship_by IS NULL AND orders.channel != 'AMAZON'))) THEN 16 ELSE 0 END AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5, 0 AS n6, 0 AS n7, 0 AS n8
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]);
WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT 0 AS branch, anon_1.of_account AS account_id, '' AS part, CAST(NULL AS DATE) AS day, anon_1.alike AS n0, anon_1.elsewhere AS n1, anon_1.cells AS n2, anon_1.c0 AS n3, anon_1.c1 AS n4, anon_1.c2 AS n5, anon_1.c3 AS n6, anon_1.c4 AS n7, anon_1.c5 AS n8, anon_1.c6 AS n9, anon_1.c7 AS n10, anon_1.c8 AS n11, anon_1.c9 AS n12
FROM (SELECT orders.account_id AS of_account, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN ((EXISTS (SELECT *
FROM feedback AS feedback_1
WHERE feedback_1.account_id = orders.account_id AND feedback_1.order_id = orders.order_id AND feedback_1.classification IS NULL)) OR (EXISTS (SELECT *
FROM feedback AS feedback_2
WHERE feedback_2.account_id = orders.account_id AND feedback_2.order_id = orders.order_id AND feedback_2.rating IS NULL))) THEN 1 ELSE 0 END + CASE WHEN ((EXISTS (SELECT *
FROM items AS items_1
WHERE items_1.account_id = orders.account_id AND items_1.order_id = orders.order_id AND items_1.before_shipment IS NULL AND items_1.cancelled_by IS NOT NULL)) OR (EXISTS (SELECT *
FROM items AS items_2
WHERE items_2.account_id = orders.account_id AND items_2.order_id = orders.order_id AND items_2.requested IS NULL)) OR orders.accepted IS NULL OR orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) AND orders.status IS NULL OR (orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) OR orders.confirmed_at IS NOT NULL AND orders.ship_by IS NULL AND orders.channel != 'AMAZON') AND orders.confirmed_at IS NULL AND orders.status IS NULL OR orders.status IS NULL) THEN 2 ELSE 0 END + CASE WHEN ((EXISTS (SELECT *
FROM messages AS messages_1
WHERE messages_1.account_id = orders.account_id AND messages_1.order_id = orders.order_id AND messages_1.received_at IS NULL AND messages_1.answered_at IS NOT NULL)) OR (EXISTS (SELECT *
FROM messages AS messages_2
WHERE messages_2.account_id = orders.account_id AND messages_2.order_id = orders.order_id AND messages_2.received_at IS NULL))) THEN 4 ELSE 0 END + CASE WHEN (orders.channel = 'UNKNOWN') THEN 8 ELSE 0 END + CASE WHEN (orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) AND orders.status IS NOT NULL OR (orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) OR orders.confirmed_at IS NOT NULL AND orders.ship_by IS NULL AND orders.channel != 'AMAZON') AND orders.confirmed_at IS NULL AND orders.status IS NOT NULL) THEN 16 ELSE 0 END + CASE WHEN ((orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) OR orders.confirmed_at IS NOT NULL AND orders.ship_by IS NULL AND orders.channel != 'AMAZON') AND orders.confirmed_at IS NOT NULL) THEN 32 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (orders.accepted IS NULL) THEN NULL ELSE coalesce(orders.accepted, 0) END AS INTEGER), CASE WHEN orders.accepted = 1 THEN 3 ELSE 2 END) AS c0, coalesce(CAST(CASE WHEN (orders.status IS NULL) THEN NULL ELSE coalesce(coalesce(orders.status, ?) = ?, 0) END = 1 AND CASE WHEN (orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL)) THEN NULL ELSE coalesce(orders.confirmed_at IS NULL, 0) END = 1 AND (CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel = ?, 0) END = 1 OR CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) THEN 1 WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.cancelled_by = ? AND (CASE WHEN (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL) THEN NULL ELSE coalesce(items.before_shipment, 0) END = 1 AND CASE WHEN (items.requested IS NULL) THEN NULL ELSE coalesce(items.requested, 0) = 0 END = 1) IS NULL)) THEN NULL ELSE 0 END = 0) AND (CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel = ?, 0) END = 1 OR CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) THEN 1 WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.cancelled_by = ? AND (CASE WHEN (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL) THEN NULL ELSE coalesce(items.before_shipment, 0) END = 1 AND CASE WHEN (items.requested IS NULL) THEN NULL ELSE coalesce(items.requested, 0) = 0 END = 1) IS NULL)) THEN NULL ELSE 0 END = 0) AS INTEGER), CASE WHEN (coalesce(orders.status, ?) = ? AND orders.confirmed_at IS NULL AND NOT (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) OR orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)))) THEN 3 ELSE 2 END) AS c1, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) AS INTEGER), CASE WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1])))) THEN 3 ELSE 2 END) AS c2, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)) AS INTEGER), CASE WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?))) THEN 3 ELSE 2 END) AS c3, coalesce(CAST(CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 1 WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND (CASE WHEN (feedback.rating IS NULL) THEN NULL ELSE coalesce(feedback.rating IS NOT NULL, 0) END = 1 AND CASE WHEN (feedback.classification IS NULL) THEN NULL ELSE coalesce(feedback.classification = ?, 0) END = 1) IS NULL)) THEN NULL ELSE 0 END AS INTEGER), CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 3 ELSE 2 END) AS c4, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) THEN 1 WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.cancelled_by = ? AND (CASE WHEN (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL) THEN NULL ELSE coalesce(items.before_shipment, 0) END = 1 AND CASE WHEN (items.requested IS NULL) THEN NULL ELSE coalesce(items.requested, 0) = 0 END = 1) IS NULL)) THEN NULL ELSE 0 END = 1 AS INTEGER), CASE WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1))) THEN 3 ELSE 2 END) AS c5, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND CASE WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1)) THEN 1 WHEN (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.cancelled_by = ? AND (CASE WHEN (items.before_shipment IS NULL AND items.cancelled_by IS NOT NULL) THEN NULL ELSE coalesce(items.before_shipment, 0) END = 1 AND CASE WHEN (items.requested IS NULL) THEN NULL ELSE coalesce(items.requested, 0) = 0 END = 1) IS NULL)) THEN NULL ELSE 0 END = 1 AS INTEGER), CASE WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM items
WHERE orders.account_id = items.account_id AND orders.order_id = items.order_id AND items.before_shipment = 1 AND items.cancelled_by = ? AND items.requested IS NOT 1))) THEN 3 ELSE 2 END) AS c6, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND CASE WHEN (orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) OR orders.confirmed_at IS NOT NULL AND orders.ship_by IS NULL AND orders.channel != 'AMAZON') THEN NULL ELSE coalesce(orders.late_by > ?, 0) END = 1 AS INTEGER), CASE WHEN (orders.channel != ? AND orders.late_by > ?) THEN 3 ELSE 2 END) AS c7, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND CASE WHEN (EXISTS (SELECT 1
FROM messages
WHERE orders.account_id = messages.account_id AND orders.order_id = messages.order_id AND messages.needs_answer IS NOT 0 AND (messages.answered_after > ? OR messages.answered_after IS NULL AND messages.received_at < ?))) THEN 1 WHEN (EXISTS (SELECT 1
FROM messages
WHERE orders.account_id = messages.account_id AND orders.order_id = messages.order_id AND messages.needs_answer IS NOT 0 AND (CASE WHEN (messages.received_at IS NULL AND messages.answered_at IS NOT NULL) THEN NULL ELSE coalesce(messages.answered_after > ?, 0) END = 1 OR CASE WHEN (messages.received_at IS NULL AND messages.answered_at IS NOT NULL) THEN NULL ELSE coalesce(messages.answered_after IS NULL, 0) END = 1 AND CASE WHEN (messages.received_at IS NULL) THEN NULL ELSE coalesce(messages.received_at < ?, 0) END = 1) IS NULL)) THEN NULL ELSE 0 END = 1 AS INTEGER), CASE WHEN (orders.channel != ? AND (EXISTS (SELECT 1
FROM messages
WHERE orders.account_id = messages.account_id AND orders.order_id = messages.order_id AND messages.needs_answer IS NOT 0 AND (messages.answered_after > ? OR messages.answered_after IS NULL AND messages.received_at < ?)))) THEN 3 ELSE 2 END) AS c8, coalesce(CAST(CASE WHEN (orders.channel = 'UNKNOWN') THEN NULL ELSE coalesce(orders.channel != ?, 0) END = 1 AND coalesce(orders.delivered_working_days <= ?, 0) = 1 AND coalesce(orders.delivered_at <= orders.deliver_by_earliest, 0) = 1 AND NOT (EXISTS (SELECT 1
FROM refunds
WHERE orders.account_id = refunds.account_id AND orders.order_id = refunds.order_id)) AND NOT (EXISTS (SELECT 1
FROM packages
WHERE orders.account_id = packages.account_id AND orders.order_id = packages.order_id AND packages.tracked = 0)) AS INTEGER), CASE WHEN (orders.channel != ? AND orders.delivered_working_days <= ? AND orders.delivered_at <= orders.deliver_by_earliest AND NOT (EXISTS (SELECT 1
FROM refunds
WHERE orders.account_id = refunds.account_id AND orders.order_id = refunds.order_id)) AND NOT (EXISTS (SELECT 1
FROM packages
WHERE orders.account_id = packages.account_id AND orders.order_id = packages.order_id AND packages.tracked = 0))) THEN 3 ELSE 2 END) AS c9, count(*) AS alike
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL OR orders.ship_by IS NULL AND orders.channel != 'AMAZON' OR orders.confirmed_at IS NULL AND (orders.status = 'SHIPPED' OR orders.status = 'PARTIALLY_SHIPPED' OR orders.status IS NULL) OR orders.confirmed_at IS NOT NULL AND orders.ship_by IS NULL AND orders.channel != 'AMAZON' OR (orders.account_id, orders.order_id) IN (SELECT feedback_3.account_id, feedback_3.order_id
FROM feedback AS feedback_3
WHERE feedback_3.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND (feedback_3.rating IS NULL OR feedback_3.classification IS NULL)) OR (orders.account_id, orders.order_id) IN (SELECT items_3.account_id, items_3.order_id
FROM items AS items_3
WHERE items_3.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND (items_3.before_shipment IS NULL AND items_3.cancelled_by IS NOT NULL OR items_3.requested IS NULL)) OR (orders.account_id, orders.order_id) IN (SELECT messages_3.account_id, messages_3.order_id
FROM messages AS messages_3
WHERE messages_3.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND (messages_3.received_at IS NULL OR messages_3.received_at IS NULL AND messages_3.answered_at IS NOT NULL))) GROUP BY of_account, elsewhere, cells, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9) AS anon_1
WHERE anon_1.c0 + anon_1.elsewhere >= 2 OR anon_1.c1 + anon_1.elsewhere >= 2 OR anon_1.c2 + anon_1.elsewhere >= 2 OR anon_1.c3 + anon_1.elsewhere >= 2 OR anon_1.c4 + anon_1.elsewhere >= 2 OR anon_1.c5 + anon_1.elsewhere >= 2 OR anon_1.c6 + anon_1.elsewhere >= 2 OR anon_1.c7 + anon_1.elsewhere >= 2 OR anon_1.c8 + anon_1.elsewhere >= 2 OR anon_1.c9 + anon_1.elsewhere >= 2;
