-- Figures, kept up with every transaction: how many there are of what, in which part (linli_messaging/tallying.py).
CREATE TABLE tally (
    part text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    counted bigint NOT NULL,
    PRIMARY KEY (part, name, lane)
) WITH (fillfactor = 50);
