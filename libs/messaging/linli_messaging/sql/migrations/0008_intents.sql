-- Outside effects (promise 9): what was decided to be done outside, one row a cause for ever, and how far it has come.
CREATE TABLE intent (
    cause text PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    lane smallint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    -- A reference; names and numbers are looked up when it is sent.
    recipient text NOT NULL,
    payload jsonb NOT NULL,
    emergency boolean NOT NULL,
    made_at timestamptz NOT NULL,
    give_up_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sending', 'sent', 'failed', 'unknown')),
    tries integer NOT NULL DEFAULT 0,
    doubtful boolean NOT NULL DEFAULT false,
    reference text,
    error text,
    noted_at timestamptz NOT NULL,
    -- Which run of the runner has it, or had it last: another one finds what a dead one left.
    run text,
    -- Whether what became of it was told as a fact.
    told boolean NOT NULL DEFAULT false,
    -- Why it could not be told: tried again when a process starts.
    stuck text,
    CHECK (status <> 'sent' OR reference IS NOT NULL)
) WITH (fillfactor = 70);

-- What is due, what is under way, what is to be told, what went wrong: each costs as much as there is of it.
CREATE INDEX intent_waiting ON intent (emergency, next_at) WHERE status = 'waiting';
CREATE INDEX intent_sending ON intent (run) WHERE status = 'sending';
CREATE INDEX intent_untold ON intent (noted_at) WHERE status IN ('sent', 'failed', 'unknown') AND NOT told;
CREATE INDEX intent_trouble ON intent (status, noted_at) WHERE status IN ('failed', 'unknown');
CREATE INDEX intent_subject ON intent (subject);
