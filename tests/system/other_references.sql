-- The same life with other references of customers, as another run makes them (test_books.py).

-- name: other_references
-- Each gets one character more, wherever it stands.
UPDATE intake.customer SET id = id || 'x', state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE intake.contact SET state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE intake.channel_choice SET id = id || 'x', state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE intake.request SET state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE intake.complaint_group SET state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE dispatch.ticket SET state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE warranty.claim SET state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE followup.callback SET state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE loyalty.member SET id = id || 'x', state = jsonb_set(
    regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb, '{member_no}', to_jsonb(reverse(state ->> 'member_no')));
UPDATE loyalty.credit SET id = regexp_replace(id, 'cu[0-9a-f]{24}', '\&x'),
    state = regexp_replace(state::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE loyalty.timer SET id = regexp_replace(id, 'cu[0-9a-f]{24}', '\&x');
ALTER TABLE loyalty.points_entry DISABLE TRIGGER USER;
UPDATE loyalty.points_entry SET customer_ref = customer_ref || 'x';
ALTER TABLE intake.outbox DISABLE TRIGGER USER;
ALTER TABLE dispatch.outbox DISABLE TRIGGER USER;
ALTER TABLE followup.outbox DISABLE TRIGGER USER;
ALTER TABLE warranty.outbox DISABLE TRIGGER USER;
ALTER TABLE loyalty.outbox DISABLE TRIGGER USER;
UPDATE intake.outbox SET body = convert_to(regexp_replace(convert_from(body, 'UTF8'), 'cu[0-9a-f]{24}', '\&x', 'g'), 'UTF8');
UPDATE dispatch.outbox SET body = convert_to(regexp_replace(convert_from(body, 'UTF8'), 'cu[0-9a-f]{24}', '\&x', 'g'), 'UTF8');
UPDATE warranty.outbox SET body = convert_to(regexp_replace(convert_from(body, 'UTF8'), 'cu[0-9a-f]{24}', '\&x', 'g'), 'UTF8');
UPDATE followup.outbox SET body = convert_to(regexp_replace(convert_from(body, 'UTF8'), 'cu[0-9a-f]{24}', '\&x', 'g'), 'UTF8');
UPDATE loyalty.outbox SET subject = regexp_replace(subject, 'cu[0-9a-f]{24}', '\&x'),
    body = convert_to(regexp_replace(convert_from(body, 'UTF8'), 'cu[0-9a-f]{24}', '\&x', 'g'), 'UTF8');
UPDATE loyalty.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || jsonb_build_object(
    'member_no', reverse(convert_from(body, 'UTF8')::jsonb ->> 'member_no')))::text, 'UTF8') WHERE type = 'MemberJoined';
ALTER TABLE intake.history DISABLE TRIGGER USER;
ALTER TABLE loyalty.history DISABLE TRIGGER USER;
UPDATE intake.history SET subject = regexp_replace(subject, 'cu[0-9a-f]{24}', '\&x'), facts = regexp_replace(facts::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;
UPDATE loyalty.history SET subject = regexp_replace(subject, 'cu[0-9a-f]{24}', '\&x'),
    facts = regexp_replace(facts::text, 'cu[0-9a-f]{24}', '\&x', 'g')::jsonb;

-- name: other_numbers
-- Every fact that a state remembers the place of stood a thousand places later in its lane.
UPDATE dispatch.ticket SET state = state || (
    SELECT jsonb_object_agg(field, 1000 + coalesce((state ->> field)::int, 0))
    FROM unnest('{graded_number,amended_number,linked_number,leads_to_number}'::text[]) AS field);
UPDATE warranty.homes SET state = state || jsonb_build_object('homes', (
    SELECT jsonb_object_agg(key, value || jsonb_build_object('number', 1000)) FROM jsonb_each(state -> 'homes')));
UPDATE warranty.deposit SET state = state || '{"closing_numbers": {"e1": 1000}}';
