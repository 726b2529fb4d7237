-- Since when parked inputs are counted together, and how much had been processed then (linli_messaging/parked_share.py).
ALTER TABLE deployment ADD COLUMN parked_since timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE deployment ADD COLUMN processed_then bigint NOT NULL DEFAULT 0;
