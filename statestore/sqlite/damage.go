package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/statestore"
)

// Damage says what was wrong with the database when it was opened, and what
// became of it. Nothing that was damaged is deleted.
type Damage struct {
	File  string `json:"file"`  // what was damaged
	Aside string `json:"aside"` // where it lies now
	What  string `json:"what"`
	// Tables says what was read out of a damaged database; empty where only its
	// log was damaged.
	Tables []Recovered `json:"tables,omitempty"`
}

// Recovered is what was read out of one table.
type Recovered struct {
	Table   string `json:"table"`
	Rows    int    `json:"rows"`    // in the new file
	Refused int    `json:"refused"` // read, but not taken by this program's schema
	Partial bool   `json:"partial"` // some rows could not be read
}

// Error makes a Damage usable as an error, for a log line.
func (d *Damage) Error() string {
	text := fmt.Sprintf("%s was damaged: %s; it was set aside as %s", d.File, d.What, d.Aside)
	for _, t := range d.Tables {
		if t.Partial || t.Refused > 0 {
			text += fmt.Sprintf("; of table %s %d rows were recovered, not all", t.Table, t.Rows)
		}
	}
	return text
}

// Damage returns what was wrong with the database when it was opened; nil if
// nothing was.
func (db *DB) Damage() *Damage { return db.damage }

const hint = "restore a backup with bongsu restore, or move the file away to begin with an empty one"

// examine looks at the file before anything is written. It says what is wrong
// with it, "" if nothing is.
func examine(ctx context.Context, config Config) (wrong string, err error) {
	info, err := os.Stat(config.Path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	db, err := sql.Open("sqlite", address(config, "deferred"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var first string
	err = db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&first)
	switch {
	case err != nil && errors.Is(fault(err), statestore.ErrDamaged):
		return err.Error(), nil
	case err != nil:
		return "", err
	case first != "ok":
		return strings.TrimSpace(strings.TrimPrefix(first, "*** in database main ***")), nil
	}
	return "", nil
}

// repair makes the file fit to be opened. It sets damaged files aside and, of a
// damaged database, writes what can be read into a new one.
func repair(ctx context.Context, config Config) (*Damage, error) {
	aside := config.Path + ".damaged-" + config.Clock().UTC().Format("20060102T150405.000000000Z")
	var damage *Damage
	if exists(config.Path+unfinished) && !exists(config.Path) {
		if err := replace(config.Path, aside); err != nil {
			return nil, err
		}
	}
	log := config.Path + "-wal"
	wrong, err := examineLog(log)
	if err != nil {
		return nil, fmt.Errorf("examine its log: %w", err)
	}
	if info, err := os.Stat(config.Path); wrong == "" && err == nil && info.Size() == 0 {
		if info, err := os.Stat(log); err == nil && info.Size() > 0 {
			return nil, fmt.Errorf("%w: it is empty, but its log %s is not; %s", statestore.ErrDamaged, log, hint)
		}
	}
	if wrong != "" {
		damage = &Damage{File: log, Aside: aside + "-wal", What: wrong}
		// A copy: what comes before the bad frame is still SQLite's to read.
		if err := copyFile(damage.Aside, log); err != nil {
			return nil, fmt.Errorf("set damaged log aside: %w", err)
		}
	}
	wrong, err = examine(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("check it: %w", err)
	}
	if wrong == "" {
		return damage, nil
	}
	damage = &Damage{File: config.Path, Aside: aside, What: wrong}
	fresh := config
	fresh.Path = config.Path + unfinished
	if err := removeDatabase(fresh.Path); err != nil {
		return nil, err
	}
	damage.Tables, err = recoverInto(ctx, fresh, config.Path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s; nothing could be read out of it: %w; %s", statestore.ErrDamaged, wrong, err, hint), removeDatabase(fresh.Path))
	}
	return damage, replace(config.Path, aside)
}

const unfinished = ".recovering"

// replace sets the database aside and puts the recovered one in its place. The
// database itself goes first: a crash behind that leaves no file at path, from
// which the next start knows that the recovered one is whole.
func replace(path, aside string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set damaged database aside: %w", err)
		}
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return fmt.Errorf("put recovered database in place: %w", err)
	}
	return syncFolder(path)
}

// recoverInto makes a new database and copies into it, table by table, what can
// be read of the damaged one.
func recoverInto(ctx context.Context, fresh Config, damaged string) ([]Recovered, error) {
	to, err := openFile(ctx, fresh)
	if err != nil {
		return nil, err
	}
	out, err := copyTables(ctx, to, damaged, fresh)
	return out, errors.Join(err, to.Close())
}

func copyTables(ctx context.Context, to *DB, damaged string, config Config) ([]Recovered, error) {
	config.Path = damaged
	if cut, err := cutPage(damaged); err != nil {
		return nil, err
	} else if cut > 0 {
		// SQLite would read zeros where the last page is cut off and take them for
		// values.
		config.Path = damaged + unfinished + "-whole"
		if err := removeDatabase(config.Path); err != nil {
			return nil, err
		}
		defer removeDatabase(config.Path) //nolint:errcheck // the next recovery removes it too
		if err := copyFile(config.Path, damaged); err != nil {
			return nil, err
		}
		if err := os.Truncate(config.Path, cut); err != nil {
			return nil, err
		}
		if err := copyFile(config.Path+"-wal", damaged+"-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	from, err := sql.Open("sqlite", addressOfDamaged(config))
	if err != nil {
		return nil, err
	}
	defer from.Close()
	from.SetMaxOpenConns(1)
	if err := from.PingContext(ctx); err != nil {
		return nil, err
	}
	// On one connection, which does not ask whether rows that others point at
	// were readable.
	conn, err := to.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA foreign_keys = 0"); err != nil {
		return nil, err
	}
	tables, err := namesOf(ctx, conn, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	// A list of tables that can be read is believed where it lacks one: an older
	// program did not have it.
	_, listed := namesOf(ctx, from, `SELECT name FROM sqlite_master`)
	var out []Recovered
	total := 0
	for _, table := range tables {
		if table == "schema_migrations" {
			continue
		}
		r, err := copyTable(ctx, conn, from, table)
		if err != nil {
			return nil, fmt.Errorf("recover table %s: %w", table, err)
		}
		if r == nil {
			r = &Recovered{Table: table, Partial: listed != nil}
		}
		total += r.Rows
		out = append(out, *r)
	}
	if total == 0 {
		return nil, errors.New("no table of it has a row that can be read")
	}
	_, err = conn.ExecContext(ctx, "PRAGMA foreign_keys = 1")
	return out, err
}

// cutPage returns how long the whole pages of a file are if its last page is cut
// off, 0 if it is not. The page size stands at byte 16 of the header; 1 means
// 65536.
func cutPage(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	var b [2]byte
	if _, err := file.ReadAt(b[:], 16); err != nil {
		return 0, nil //nolint:nilerr // too short for a header: opening it will say so
	}
	size := int64(binary.BigEndian.Uint16(b[:]))
	if size == 1 {
		size = maxPageSize
	}
	if size < 512 || info.Size()%size == 0 {
		return 0, nil
	}
	return info.Size() - info.Size()%size, nil
}

// namesOf returns the only column of a query.
func namesOf(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, query string, args ...any,
) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// copyTable copies rows upwards from the lowest rowid; at a page that cannot be
// read it goes on behind it, in growing steps, and closes the gap from above.
// It returns nil where the damaged file has no such table.
func copyTable(ctx context.Context, to *sql.Conn, from *sql.DB, name string) (*Recovered, error) {
	const columnsOf = `SELECT name FROM pragma_table_info(?)` // from memory: reads no page
	wanted, err := namesOf(ctx, to, columnsOf, name)
	if err != nil {
		return nil, err
	}
	old, err := namesOf(ctx, from, columnsOf, name)
	if err != nil || len(old) == 0 {
		return nil, err
	}
	r := &Recovered{Table: name}
	var columns []string
	for _, c := range wanted {
		if slices.Contains(old, c) {
			columns = append(columns, quoted(c))
		}
	}
	list := strings.Join(columns, ", ")
	insert := `INSERT OR IGNORE INTO ` + quoted(name) + ` (` + list + `) VALUES (` + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + `)`
	if _, err := to.ExecContext(ctx, "BEGIN"); err != nil {
		return r, err
	}
	take := func(condition string) (n int, last int64, err error) {
		// The index of the primary key may be damaged where the rows are not.
		rows, err := from.QueryContext(ctx, `SELECT rowid, `+list+` FROM `+quoted(name)+` NOT INDEXED `+condition)
		if err != nil {
			return 0, 0, err
		}
		defer rows.Close()
		values := make([]any, len(columns))
		dest := []any{&last}
		for i := range values {
			dest = append(dest, &values[i])
		}
		for rows.Next() {
			if err := rows.Scan(dest...); err != nil {
				return n, last, err
			}
			n++
			result, err := to.ExecContext(ctx, insert, values...)
			if err != nil {
				return n, last, &writeError{err}
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				r.Refused++
				continue
			}
			r.Rows++
		}
		return n, last, rows.Err()
	}
	if err := salvage(take, &r.Partial); err != nil {
		_, undo := to.ExecContext(ctx, "ROLLBACK")
		return r, errors.Join(err, undo)
	}
	_, err = to.ExecContext(ctx, "COMMIT")
	return r, err
}

// A writeError is one of the new file, which ends the recovery.
type writeError struct{ error }

func (e *writeError) Unwrap() error { return e.error }

// salvage reads rows around pages that cannot be read. take reads the rows of a
// condition in its order and returns the last rowid that it saw.
func salvage(take func(condition string) (rows int, last int64, err error), partial *bool) error {
	const lowest, maxStep = -1 << 62, 1 << 40
	damaged := func(err error) bool {
		var stop *writeError
		return err != nil && !errors.As(err, &stop) && errors.Is(fault(err), statestore.ErrDamaged)
	}
	good, from, step := int64(lowest), int64(lowest), int64(1)
	for {
		rows, last, err := take(fmt.Sprintf("WHERE rowid > %d ORDER BY rowid", from))
		if err != nil && !damaged(err) {
			return err
		}
		if from > good && (rows > 0 || err == nil) {
			_, _, err := take(fmt.Sprintf("WHERE rowid > %d AND rowid <= %d ORDER BY rowid DESC", good, from))
			if err != nil && !damaged(err) {
				return err
			}
		}
		if err == nil {
			return nil
		}
		*partial = true
		if rows > 0 {
			good, from, step = last, last, 1
		}
		if step > maxStep {
			return nil
		}
		from = max(from, 0) + step
		step *= 2
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// removeDatabase removes an unfinished file of ours, with what belongs to it.
func removeDatabase(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncFolder makes renames in the folder of path durable.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
