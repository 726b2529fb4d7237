-- Whom a planned change concerns: a region and an estate may have one name, and prices are the region's.
CREATE FUNCTION concerns(change_id text, command text, org text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT org = 'group' OR CASE WHEN command = 'dispatch.price-works' THEN org = 'group/' || split_part(change_id, '.', 1)
        ELSE EXISTS (SELECT 1 FROM estate e WHERE e.id = split_part(change_id, '.', 1) AND starts_with(e.org, concerns.org || '/'))
            OR EXISTS (SELECT 1 FROM coming_estate e
                WHERE e.id = split_part(change_id, '.', 1) AND starts_with(e.org, concerns.org || '/')) END
$$;
