-- How long the oldest early fact has waited is asked at every reading of the metrics: one look, however many wait.
CREATE INDEX early_since ON early (received_at);
