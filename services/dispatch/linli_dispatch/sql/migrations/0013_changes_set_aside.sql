-- Changes that could not begin and wait for a person: few, and looked for among all that ever were planned.
CREATE INDEX planned_change_set_aside ON planned_change (id) WHERE state ->> 'status' = 'set_aside';
