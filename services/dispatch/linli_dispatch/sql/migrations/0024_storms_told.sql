-- A home remembers each storm that its household was told of while it goes on, not the last one alone (DSP-09). Only homes of
-- estates where one is on are read: of a storm that is over nobody is told again.
WITH changed AS (
    UPDATE home h SET state = h.state - 'told_of' || jsonb_build_object('storms_told', jsonb_build_array(h.state -> 'told_of'))
    FROM storm s WHERE NOT s.ended AND h.state ->> 'told_of' = s.id
        AND h.id > split_part(s.id, '.', 1) || '.' AND h.id < split_part(s.id, '.', 1) || '/'
    RETURNING h.lane
)
UPDATE lane SET version = version + 1 WHERE lane IN (SELECT lane FROM changed);
