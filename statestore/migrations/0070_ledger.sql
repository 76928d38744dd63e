-- How far each source has come.
CREATE TABLE positions (
	source TEXT PRIMARY KEY,
	position TEXT NOT NULL,
	sequence BIGINT NOT NULL
);

-- Recordings that people hand in, and what became of them.
CREATE TABLE uploads (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	size BIGINT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	frames_published BIGINT NOT NULL,
	events BIGINT NOT NULL,
	findings BIGINT NOT NULL,
	error TEXT NOT NULL,
	actor TEXT NOT NULL,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL
);
CREATE INDEX uploads_created ON uploads (created, id);
CREATE INDEX uploads_sha256 ON uploads (sha256);

-- Single values: the installation's id, how often it has started.
CREATE TABLE facts (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
