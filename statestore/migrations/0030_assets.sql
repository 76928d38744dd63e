-- The machines seen. What is known of one is in body, as JSON; the columns are
-- those that a person with a database shell would look for.
CREATE TABLE assets (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	label TEXT NOT NULL,
	merged_into TEXT NOT NULL,
	first_seen BIGINT NOT NULL,
	last_seen BIGINT NOT NULL,
	body TEXT NOT NULL
);
CREATE INDEX assets_last_seen ON assets (tenant, last_seen, id);
