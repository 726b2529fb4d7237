-- How far each feed has looked through the facts this service told, to make outside effects of them (fact_feed.py); only rises.
CREATE TABLE feed (
    name text NOT NULL,
    lane smallint NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (name, lane)
) WITH (fillfactor = 50);
