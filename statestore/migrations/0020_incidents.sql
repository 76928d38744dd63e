-- What detectors claimed, each in its latest state. The document holds what is
-- never asked for by itself.
CREATE TABLE findings (
	id TEXT PRIMARY KEY,
	detector TEXT NOT NULL,
	rule TEXT NOT NULL,
	severity BIGINT NOT NULL,
	first BIGINT NOT NULL,
	last BIGINT NOT NULL,
	tenant TEXT NOT NULL,
	recording TEXT NOT NULL,
	incident TEXT NOT NULL DEFAULT '',
	suppression TEXT NOT NULL DEFAULT '',
	settled BIGINT NOT NULL DEFAULT 0,
	entities TEXT NOT NULL,
	words TEXT NOT NULL,
	document TEXT NOT NULL
);
CREATE INDEX findings_last ON findings (last, id);
CREATE INDEX findings_incident ON findings (incident, first, id);
CREATE INDEX findings_suppression ON findings (suppression, last, id);
CREATE INDEX findings_recording ON findings (recording, settled);

CREATE TABLE finding_entities (
	finding TEXT NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (finding, kind, value)
);
CREATE INDEX finding_entities_value ON finding_entities (kind, value);

-- Rules as they were when they were last claimed: a finding outlives its rule.
CREATE TABLE finding_rules (
	detector TEXT NOT NULL,
	name TEXT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (detector, name)
);

CREATE TABLE incidents (
	id TEXT PRIMARY KEY,
	severity BIGINT NOT NULL,
	incident_rank BIGINT NOT NULL,
	first BIGINT NOT NULL,
	last BIGINT NOT NULL,
	tenant TEXT NOT NULL,
	recording TEXT NOT NULL,
	state TEXT NOT NULL,
	resolution TEXT NOT NULL,
	owner TEXT NOT NULL,
	version BIGINT NOT NULL,
	opened BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	merged_into TEXT NOT NULL,
	findings BIGINT NOT NULL,
	entities TEXT NOT NULL,
	words TEXT NOT NULL,
	document TEXT NOT NULL
);
CREATE INDEX incidents_rank ON incidents (incident_rank, last, id);
CREATE INDEX incidents_last ON incidents (last, id);
CREATE INDEX incidents_state ON incidents (state, severity);
CREATE INDEX incidents_recording ON incidents (recording);

CREATE TABLE incident_entities (
	incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (incident, kind, value)
);
CREATE INDEX incident_entities_value ON incident_entities (kind, value);

CREATE TABLE incident_steps (
	incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	sequence BIGINT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (incident, sequence)
);

CREATE TABLE incident_notes (
	id TEXT PRIMARY KEY,
	incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	written BIGINT NOT NULL,
	author TEXT NOT NULL,
	body TEXT NOT NULL
);
CREATE INDEX incident_notes_incident ON incident_notes (incident, written, id);

CREATE TABLE suppressions (
	id TEXT PRIMARY KEY,
	reason TEXT NOT NULL,
	created BIGINT NOT NULL,
	until BIGINT NOT NULL,
	ended BIGINT NOT NULL,
	used BIGINT NOT NULL,
	last_used BIGINT NOT NULL,
	document TEXT NOT NULL
);
CREATE INDEX suppressions_created ON suppressions (created, id);
