WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT -1 AS branch, sources.account_id AS account_id, CAST(group_concat(sources.fact || ' ' || CAST(CAST(sources.complete AS INTEGER) AS VARCHAR) || ' ' || CAST(sources.through AS VARCHAR), __[POSTCOMPILE_aggregate_strings_1]) AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, 0 AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
FROM sources
WHERE sources.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) GROUP BY sources.account_id UNION ALL SELECT -2 AS branch, rejected_rows.account_id AS account_id, rejected_rows.fact AS part, rejected_rows.day AS day, count(*) AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
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
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? GROUP BY orders.account_id, orders.channel UNION ALL SELECT -3 AS branch, accounts.account_id AS account_id, '' AS part, NULL AS day, 0 + CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE feedback.account_id = accounts.account_id AND (feedback.rating IS NULL OR feedback.classification IS NULL))) THEN 1 ELSE 0 END + CASE WHEN (EXISTS (SELECT 1
FROM orders
WHERE orders.account_id = accounts.account_id AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL))) THEN 2 ELSE 0 END AS n0, 0 AS n1, 0 AS n2, 0 AS n3, 0 AS n4, 0 AS n5
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]);
WITH filtered_accounts AS
(SELECT accounts.account_id AS account_id
FROM accounts
WHERE ? = 1 AND accounts.account_id IN (__[POSTCOMPILE_query_account_ids]))
 SELECT 0 AS branch, anon_1.of_account AS account_id, '' AS part, CAST(NULL AS DATE) AS day, anon_1.alike AS n0, anon_1.elsewhere AS n1, anon_1.cells AS n2, anon_1.c0 AS n3, anon_1.c1 AS n4, anon_1.c2 AS n5, anon_1.c3 AS n6, anon_1.c4 AS n7, anon_1.c5 AS n8
FROM (SELECT orders.account_id AS of_account, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN ((EXISTS (SELECT *
FROM feedback AS feedback_1
WHERE feedback_1.account_id = orders.account_id AND feedback_1.order_id = orders.order_id AND feedback_1.classification IS NULL)) OR (EXISTS (SELECT *
FROM feedback AS feedback_2
WHERE feedback_2.account_id = orders.account_id AND feedback_2.order_id = orders.order_id AND feedback_2.rating IS NULL))) THEN 1 ELSE 0 END + CASE WHEN (orders.accepted IS NULL) THEN 2 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (orders.accepted IS NULL) THEN NULL ELSE coalesce(orders.accepted, 0) END AS INTEGER), CASE WHEN orders.accepted = 1 THEN 3 ELSE 2 END) AS c0, coalesce(CAST(CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 1 WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND (CASE WHEN (feedback.rating IS NULL) THEN NULL ELSE coalesce(feedback.rating IS NOT NULL, 0) END = 1 AND CASE WHEN (feedback.classification IS NULL) THEN NULL ELSE coalesce(feedback.classification = ?, 0) END = 1) IS NULL)) THEN NULL ELSE 0 END = 1 OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)) AS INTEGER), CASE WHEN ((EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?))) THEN 3 ELSE 2 END) AS c1, coalesce(CAST(CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 1 WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND (CASE WHEN (feedback.rating IS NULL) THEN NULL ELSE coalesce(feedback.rating IS NOT NULL, 0) END = 1 AND CASE WHEN (feedback.classification IS NULL) THEN NULL ELSE coalesce(feedback.classification = ?, 0) END = 1) IS NULL)) THEN NULL ELSE 0 END AS INTEGER), CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 3 ELSE 2 END) AS c2, CASE WHEN (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) THEN 1 ELSE 0 END AS c3, CASE WHEN (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)) THEN 1 ELSE 0 END AS c4, CASE WHEN (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND (claims.state IS NULL OR claims.state = ?))) THEN 1 ELSE 0 END AS c5, count(*) AS alike
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL OR (orders.account_id, orders.order_id) IN (SELECT feedback_3.account_id, feedback_3.order_id
FROM feedback AS feedback_3
WHERE feedback_3.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND (feedback_3.rating IS NULL OR feedback_3.classification IS NULL))) GROUP BY of_account, elsewhere, cells, c0, c1, c2, c3, c4, c5) AS anon_1
WHERE anon_1.c0 + anon_1.elsewhere >= 2 OR anon_1.c1 + anon_1.elsewhere >= 2 OR anon_1.c2 + anon_1.elsewhere >= 2 OR anon_1.c3 + anon_1.elsewhere >= 2 OR anon_1.c4 + anon_1.elsewhere >= 2 OR anon_1.c5 + anon_1.elsewhere >= 2 UNION ALL SELECT 1 AS branch, anon_2.of_account AS account_id, CAST(anon_2.in_part AS VARCHAR) AS part, CAST(NULL AS DATE) AS day, anon_2.alike AS n0, anon_2.elsewhere AS n1, anon_2.cells AS n2, anon_2.c0 AS n3, anon_2.c1 AS n4, anon_2.c2 AS n5, anon_2.c3 AS n6, anon_2.c4 AS n7, anon_2.c5 AS n8
FROM (SELECT orders.account_id AS of_account, orders.channel AS in_part, CASE WHEN 1 = 1 THEN 0 ELSE 1 END AS elsewhere, 0 + CASE WHEN ((EXISTS (SELECT *
FROM feedback AS feedback_4
WHERE feedback_4.account_id = orders.account_id AND feedback_4.order_id = orders.order_id AND feedback_4.classification IS NULL)) OR (EXISTS (SELECT *
FROM feedback AS feedback_5
WHERE feedback_5.account_id = orders.account_id AND feedback_5.order_id = orders.order_id AND feedback_5.rating IS NULL))) THEN 1 ELSE 0 END + CASE WHEN (orders.accepted IS NULL) THEN 2 ELSE 0 END + CASE WHEN (orders.channel = 'UNKNOWN') THEN 4 ELSE 0 END AS cells, coalesce(CAST(CASE WHEN (orders.accepted IS NULL) THEN NULL ELSE coalesce(orders.accepted, 0) END AS INTEGER), CASE WHEN orders.accepted = 1 THEN 3 ELSE 2 END) AS c0, coalesce(CAST(CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 1 WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND (CASE WHEN (feedback.rating IS NULL) THEN NULL ELSE coalesce(feedback.rating IS NOT NULL, 0) END = 1 AND CASE WHEN (feedback.classification IS NULL) THEN NULL ELSE coalesce(feedback.classification = ?, 0) END = 1) IS NULL)) THEN NULL ELSE 0 END = 1 OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)) AS INTEGER), CASE WHEN ((EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) OR (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) OR (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?))) THEN 3 ELSE 2 END) AS c1, coalesce(CAST(CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 1 WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND (CASE WHEN (feedback.rating IS NULL) THEN NULL ELSE coalesce(feedback.rating IS NOT NULL, 0) END = 1 AND CASE WHEN (feedback.classification IS NULL) THEN NULL ELSE coalesce(feedback.classification = ?, 0) END = 1) IS NULL)) THEN NULL ELSE 0 END AS INTEGER), CASE WHEN (EXISTS (SELECT 1
FROM feedback
WHERE orders.account_id = feedback.account_id AND orders.order_id = feedback.order_id AND feedback.rating IS NOT NULL AND feedback.removed_at IS NULL AND feedback.struck_through IS NOT 1 AND feedback.classification = ?)) THEN 3 ELSE 2 END) AS c2, CASE WHEN (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND claims.state IN (__[POSTCOMPILE_state_1]))) THEN 1 ELSE 0 END AS c3, CASE WHEN (EXISTS (SELECT 1
FROM chargebacks
WHERE orders.account_id = chargebacks.account_id AND orders.order_id = chargebacks.order_id AND chargebacks.kind = ?)) THEN 1 ELSE 0 END AS c4, CASE WHEN (EXISTS (SELECT 1
FROM claims
WHERE orders.account_id = claims.account_id AND orders.order_id = claims.order_id AND (claims.state IS NULL OR claims.state = ?))) THEN 1 ELSE 0 END AS c5, count(*) AS alike
FROM orders
WHERE orders.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND orders.placed_on BETWEEN ? AND ? AND (orders.channel = 'UNKNOWN' OR orders.status IS NULL OR orders.accepted IS NULL OR orders.canceller_unknown IS NULL OR (orders.account_id, orders.order_id) IN (SELECT feedback_6.account_id, feedback_6.order_id
FROM feedback AS feedback_6
WHERE feedback_6.account_id IN (SELECT filtered_accounts.account_id
FROM filtered_accounts) AND (feedback_6.rating IS NULL OR feedback_6.classification IS NULL))) GROUP BY of_account, in_part, elsewhere, cells, c0, c1, c2, c3, c4, c5) AS anon_2
WHERE anon_2.c0 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_2.c1 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_2.c2 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_2.c3 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_2.c4 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2 OR anon_2.c5 + anon_2.elsewhere + CASE WHEN (anon_2.in_part = ?) THEN 1 ELSE 0 END >= 2;
