-- People who may sign in. key is the name by which accounts are told apart.
CREATE TABLE accounts (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	key TEXT NOT NULL UNIQUE,
	role TEXT NOT NULL,
	password TEXT NOT NULL,
	created BIGINT NOT NULL,
	changed BIGINT NOT NULL
);

-- The one link by which a password is set; account is '' for the first.
CREATE TABLE setups (
	one BIGINT PRIMARY KEY CHECK (one = 1),
	account TEXT NOT NULL,
	hash TEXT NOT NULL,
	expires BIGINT NOT NULL
);

CREATE TABLE sessions (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	hash TEXT NOT NULL UNIQUE,
	created BIGINT NOT NULL,
	seen BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	peer TEXT NOT NULL,
	client TEXT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE tokens (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	hash TEXT NOT NULL UNIQUE,
	scopes TEXT NOT NULL,
	created BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	used BIGINT NOT NULL,
	peer TEXT NOT NULL
);
CREATE INDEX tokens_account ON tokens (account);
