-- Who did what. Rows are only ever added; see package audit for the chain.
CREATE TABLE audit (
	sequence BIGINT PRIMARY KEY,
	time BIGINT NOT NULL,
	actor_id TEXT NOT NULL,
	actor_name TEXT NOT NULL,
	actor_peer TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	detail TEXT NOT NULL,
	previous TEXT NOT NULL,
	hash TEXT NOT NULL
);
CREATE INDEX audit_object ON audit (object, sequence);
CREATE INDEX audit_actor ON audit (actor_id, sequence);
