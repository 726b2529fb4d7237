-- A database that was restored from a backup is older than what others remember of it (promise 8).

-- Since when nothing is written here, because a number above a lane's head was seen; lifted by an operator.
ALTER TABLE deployment ADD COLUMN suspended_at timestamptz;

-- The highest number of the lane that was seen outside, where it lies above the head.
ALTER TABLE lane ADD COLUMN seen bigint NOT NULL DEFAULT 0;

-- The first of the numbers just before this one that will never come.
ALTER TABLE outbox ADD COLUMN abandoned_from bigint CHECK (abandoned_from < number);
