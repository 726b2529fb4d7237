-- A contract may span estates: each estate's count is a row of its own, in the contract's lane as before.
UPDATE closing_count SET
    id = id || '.' || (state ->> 'estate_id'),
    state = jsonb_set(state, '{id}', to_jsonb(id || '.' || (state ->> 'estate_id')));
