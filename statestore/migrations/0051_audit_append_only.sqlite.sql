-- A mistake in this program cannot change what was recorded. It is no hurdle
-- for somebody who can write the file; the chain of hashes shows that.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append only');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append only');
END;
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append only');
END;
