-- Hunts that people keep to ask again.
CREATE TABLE hunts (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	text TEXT NOT NULL,
	owner TEXT NOT NULL,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	version BIGINT NOT NULL
);
CREATE UNIQUE INDEX hunts_name ON hunts (tenant, name);
