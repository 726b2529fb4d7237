-- The books of the house (books.py): a query for each state and ledger, named `<service>_<table>`, each row an id and its
-- content as JSON. Nothing personal, nothing that names a lane or a number in one, and no order of arrival: a ledger's row is
-- named by its cause. Then what every service told and why, asked with its schema as the search path.

-- name: customers
-- Whose reference each is: the first of the customer's cases, and the membership number that follows from it.
SELECT c.id, min(r.id) AS case_id, min(m.member_no) AS member_no FROM intake.customer c
LEFT JOIN intake.request r ON r.state ->> 'customer_ref' = c.id LEFT JOIN loyalty.member m ON m.id = c.id GROUP BY c.id;

-- name: clock
-- The stepped clock's instant; none: the system's clock, whose instants are never the same again.
SELECT instant FROM intake.stepped_clock;

-- name: intake_request
-- Requests.
SELECT id, state AS content FROM intake.request;

-- name: intake_request_text
-- How often somebody added words; the words are personal.
SELECT id, jsonb_build_object('additions', jsonb_array_length(state -> 'additions')) AS content FROM intake.request_text;

-- name: intake_customer
-- Customers without names.
SELECT id, state - 'name' - 'contact' AS content FROM intake.customer;

-- name: intake_contact
-- How many contacts a customer has; their ids follow from the deployment's key.
SELECT state ->> 'customer_ref' AS id, jsonb_build_object('contacts', count(*)) AS content FROM intake.contact GROUP BY 1;

-- name: intake_estate
-- Estates.
SELECT id, state AS content FROM intake.estate;

-- name: intake_homes
-- Homes.
SELECT id, state AS content FROM intake.homes;

-- name: intake_complaint_group
-- Linked requests.
SELECT id, state AS content FROM intake.complaint_group;

-- name: intake_quarantined
-- What is kept in quarantine, without the form.
SELECT id, state - 'form' - 'left_out' AS content FROM intake.quarantined;

-- name: intake_channel_choice
-- How customers want to be told.
SELECT id, state AS content FROM intake.channel_choice;

-- name: intake_intent
-- What customers were told, or shall be, without when it was tried.
SELECT n.cause AS id, jsonb_build_object('about', n.payload -> 'about', 'emergency', n.emergency, 'status', n.status,
    'error', n.error) AS content
FROM intake.intent n;

-- name: dispatch_estate
-- Estates with their rosters.
SELECT id, state AS content FROM dispatch.estate;

-- name: dispatch_home
-- Homes, and who serves them.
SELECT id, state AS content FROM dispatch.home;

-- name: dispatch_phase_records
-- What estates remember of their phases.
SELECT id, state AS content FROM dispatch.phase_records;

-- name: dispatch_workload
-- Who has how much in hand.
SELECT id, state AS content FROM dispatch.workload;

-- name: dispatch_subscriptions
-- Which webhooks contractors have.
SELECT id, state AS content FROM dispatch.subscriptions;

-- name: dispatch_webhook
-- Webhooks of partners and staff; a mail address is personal.
SELECT id, CASE WHEN starts_with(state ->> 'url', 'mailto:') THEN state - 'url' ELSE state END AS content FROM dispatch.webhook;

-- name: dispatch_partner_fact
-- What contractors and staff may ask for again, by whom it concerns: ids of facts and their order follow from who was faster.
SELECT concat_ws(' ', contractor_id, type, body ->> 'case_id') AS id,
    jsonb_agg(jsonb_build_object('at', at, 'body', body) ORDER BY at, body::text) AS content
FROM dispatch.partner_fact GROUP BY 1;

-- name: dispatch_intent
-- What webhooks and mails told, or shall tell, without when it was tried; by whom it is for, as above.
SELECT concat_ws(' ', n.recipient, n.payload ->> 'type', n.payload -> 'data' ->> 'case_id') AS id,
    jsonb_agg(jsonb_build_object('kind', n.kind, 'told', n.payload - 'id', 'status', n.status, 'error', n.error)
        ORDER BY n.payload ->> 'timestamp', n.payload::text) AS content
FROM dispatch.intent n GROUP BY 1;

-- name: dispatch_price_library
-- What repairs may cost in a region.
SELECT id, state AS content FROM dispatch.price_library;

-- name: dispatch_service_catalogue
-- Catalogues of special services.
SELECT id, state AS content FROM dispatch.service_catalogue;

-- name: dispatch_step_record
-- How often steps of blueprints fail.
SELECT id, state AS content FROM dispatch.step_record;

-- name: dispatch_usual
-- What is usual where.
SELECT id, state AS content FROM dispatch.usual;

-- name: dispatch_region
-- Which estates of a region stir.
SELECT id, state AS content FROM dispatch.region;

-- name: dispatch_region_storm
-- What was said of a storm for a whole region.
SELECT id, state AS content FROM dispatch.region_storm;

-- name: dispatch_storm
-- Storms.
SELECT id, state AS content FROM dispatch.storm;

-- name: dispatch_handover
-- Whose work is or was handed over.
SELECT id, state AS content FROM dispatch.handover;

-- name: dispatch_filling
-- Whose coming is awaited at estates.
SELECT id, state AS content FROM dispatch.filling;

-- name: dispatch_coming_estate
-- Estates that are or were to come.
SELECT id, state AS content FROM dispatch.coming_estate;

-- name: dispatch_planned_change
-- Changes of the registry that are or were planned.
SELECT id, state AS content FROM dispatch.planned_change;

-- name: dispatch_registry_import
-- Imports of the organisation.
SELECT id, state AS content FROM dispatch.registry_import;

-- name: dispatch_storm_order
-- Work orders of storms.
SELECT id, state AS content FROM dispatch.storm_order;

-- name: dispatch_ticket
-- Tickets, without where the facts stood in their lanes that they know last.
SELECT id, state - '{graded_number,amended_number,linked_number,leads_to_number}'::text[] AS content FROM dispatch.ticket;

-- name: dispatch_missed_deadline
-- Deadlines that were missed.
SELECT id, to_jsonb(m) - 'lane' - 'missed_at' AS content FROM dispatch.missed_deadline m;

-- name: followup_estate
-- Estates.
SELECT id, state AS content FROM followup.estate;

-- name: followup_callback
-- Callbacks.
SELECT id, state AS content FROM followup.callback;

-- name: followup_closing_count
-- Closing callbacks of contracts.
SELECT id, state AS content FROM followup.closing_count;

-- name: warranty_estate
-- Estates.
SELECT id, state AS content FROM warranty.estate;

-- name: warranty_homes
-- Homes, without where the facts stood that told them.
SELECT id, state || jsonb_build_object('homes', (
    SELECT jsonb_object_agg(key, value - 'number') FROM jsonb_each(state -> 'homes'))) AS content
FROM warranty.homes;

-- name: warranty_deposit
-- Accounts of contracts, without where the counts stood that were told.
SELECT id, state - 'closing_numbers' AS content FROM warranty.deposit;

-- name: warranty_deduction
-- Deductions.
SELECT id, state AS content FROM warranty.deduction;

-- name: warranty_release
-- Releases.
SELECT id, state AS content FROM warranty.release;

-- name: warranty_case_orders
-- Orders of cases.
SELECT id, state AS content FROM warranty.case_orders;

-- name: warranty_movement
-- The ledger of deposits.
SELECT cause AS id, to_jsonb(m) - 'lane' - 'number' - 'at' AS content FROM warranty.movement m;

-- name: warranty_claim
-- Agreed compensation.
SELECT id, state AS content FROM warranty.claim;

-- name: warranty_claim_movement
-- The ledger of compensation.
SELECT cause AS id, to_jsonb(m) - 'lane' - 'at' AS content FROM warranty.claim_movement m;

-- name: loyalty_member
-- Members; what is left of each earning without the number of its entry.
SELECT id, state - 'lots' || jsonb_build_object('lots', (
    SELECT jsonb_agg(jsonb_build_array(lot -> 0, lot -> 2, lot -> 3, lot -> 4) ORDER BY lot -> 0, lot -> 2, lot -> 4)
    FROM jsonb_array_elements(state -> 'lots') AS lot)) AS content FROM loyalty.member;

-- name: loyalty_credit
-- Which causes have moved points.
SELECT id, state AS content FROM loyalty.credit;

-- name: loyalty_points_entry
-- The ledger of points.
SELECT concat_ws(' ', customer_ref, what, cause, cause_id, kind) AS id,
    jsonb_build_object('points', jsonb_agg(points ORDER BY points), 'expires_on', jsonb_agg(expires_on ORDER BY expires_on),
        'case_id', min(case_id), 'policy_version', min(policy_version)) AS content
FROM loyalty.points_entry GROUP BY customer_ref, what, cause, cause_id, kind;

-- name: enter
-- Look into this service's schema from now on, in this transaction.
SELECT set_config('search_path', $1, true);

-- name: told
-- What a service told about a case, or else about a subject, in its order; that of facts of different keys is not told (promise 5).
SELECT COALESCE(case_id, subject) AS id,
    jsonb_agg(jsonb_build_array(type, convert_from(body, 'UTF8')::jsonb) ORDER BY key, number) AS content
FROM fact WHERE type <> 'NumbersAbandoned' GROUP BY 1;

-- name: because
-- Why a service decided about a subject, in no order.
SELECT subject AS id, jsonb_agg(jsonb_build_array(what, rule, policy_version, facts) ORDER BY what, rule, facts) AS content
FROM history GROUP BY subject;

-- name: timer
-- What will be woken, and when.
SELECT state_table || ' ' || id AS id, jsonb_build_object('due_at', due_at) AS content FROM timer;

-- name: command
-- Which commands were answered.
SELECT id, jsonb_build_object('name', name) AS content FROM command;
