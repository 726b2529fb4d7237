-- The figures, counted anew from what is stored: as the states' `tally` and the ledger's movements count them. For data that was
-- there before, and `linli audit`.
CREATE VIEW counted_anew AS
SELECT one.part, one.name, one.lane, sum(one.counted)::bigint AS counted
FROM (
    SELECT d.id AS part, each.name, d.lane, each.counted
    FROM deposit d
    CROSS JOIN LATERAL (
        VALUES ('deposits', 1::bigint), ('retained_fen', d.retained_fen), ('released_fen', d.released_fen)
        UNION ALL
        SELECT 'balance.' || balance.key, balance.value::bigint FROM jsonb_each_text(d.state -> 'balances') AS balance
    ) AS each (name, counted)
    UNION ALL SELECT contract_id, 'deductions', lane, 1 FROM deduction
    UNION ALL SELECT contract_id, 'releases_' || status, lane, 1 FROM release
    UNION ALL SELECT contract_id, 'ledger.' || debit_account, lane, amount_fen FROM movement
    UNION ALL SELECT contract_id, 'ledger.' || credit_account, lane, -amount_fen FROM movement
) AS one
WHERE one.counted <> 0
GROUP BY one.part, one.name, one.lane;

INSERT INTO tally (part, name, lane, counted) SELECT part, name, lane, counted FROM counted_anew;
