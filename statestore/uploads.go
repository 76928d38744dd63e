package statestore

import (
	"context"
	"fmt"

	"github.com/bongsu/bongsu/source"
)

// Uploads keeps the recordings that people hand in.
type Uploads struct{ store *Store }

// Uploads returns the store of uploads.
func (s *Store) Uploads() *Uploads { return &Uploads{s} }

const uploadColumns = `id, name, sha256, size, kind, state, frames_published, events, findings, error, actor, created, updated`

func uploadValues(u source.Upload) []any {
	return []any{
		u.ID, u.Name, u.SHA256, u.Size, u.Kind, string(u.State), int64(u.FramesPublished), int64(u.Events), int64(u.Findings),
		u.Error, u.Actor, nanos(u.Created), nanos(u.Updated),
	}
}

func scanUpload(scan func(...any) error) (source.Upload, error) {
	var u source.Upload
	var created, updated int64
	err := scan(&u.ID, &u.Name, &u.SHA256, &u.Size, &u.Kind, &u.State, &u.FramesPublished, &u.Events, &u.Findings,
		&u.Error, &u.Actor, &created, &updated)
	u.Created, u.Updated = moment(created), moment(updated)
	return u, err
}

// Add keeps a new upload; ErrExists if its id is taken.
func (u *Uploads) Add(ctx context.Context, upload source.Upload) error {
	err := u.store.write(ctx, func(tx conn) error {
		_, err := tx.exec(`INSERT INTO uploads (`+uploadColumns+`) VALUES (`+marks(13)+`)`, uploadValues(upload)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("add upload %s: %w", upload.ID, err)
	}
	return nil
}

// Update keeps how far an upload has come: its kind, state, counts, error and
// time of change. The rest stays as it was added.
func (u *Uploads) Update(ctx context.Context, upload source.Upload) error {
	err := u.store.write(ctx, func(tx conn) error {
		n, err := tx.exec(`UPDATE uploads SET kind = ?, state = ?, frames_published = ?, events = ?, findings = ?, error = ?, updated = ? WHERE id = ?`,
			upload.Kind, string(upload.State), int64(upload.FramesPublished), int64(upload.Events), int64(upload.Findings),
			upload.Error, nanos(upload.Updated), upload.ID)
		if err == nil && n == 0 {
			return source.ErrNoUpload
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("update upload %s: %w", upload.ID, err)
	}
	return nil
}

// Upload returns one upload; source.ErrNoUpload if there is none.
func (u *Uploads) Upload(ctx context.Context, id string) (source.Upload, error) {
	return u.first(ctx, `id = ?`, id)
}

// ByHash returns the newest upload of the same bytes that has not failed;
// source.ErrNoUpload if there is none.
func (u *Uploads) ByHash(ctx context.Context, sha256 string) (source.Upload, error) {
	return u.first(ctx, `sha256 = ? AND state <> 'failed'`, sha256)
}

func (u *Uploads) first(ctx context.Context, condition, value string) (source.Upload, error) {
	found, err := u.list(ctx, ` WHERE `+condition+` ORDER BY created DESC, id DESC LIMIT 1`, []any{value})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("read upload %s: %w", value, source.ErrNoUpload)
	}
	if err != nil {
		return source.Upload{}, err
	}
	return found[0], nil
}

// Unfinished returns the uploads that are queued or were running, oldest first.
func (u *Uploads) Unfinished(ctx context.Context) ([]source.Upload, error) {
	return u.list(ctx, ` WHERE state IN ('queued', 'running') ORDER BY created, id`, nil)
}

// List returns a page of uploads, newest first, and the cursor of the next
// page, "" after the last. n 0 is the usual number.
func (u *Uploads) List(ctx context.Context, cursor string, n int) (page []source.Upload, next string, err error) {
	keys := keyset{noun: "upload", columns: []string{"created", "id"}, descending: true}
	var where conditions
	if err := keys.from(&where, cursor); err != nil {
		return nil, "", err
	}
	n = limit(n)
	page, err = u.list(ctx, where.sql()+keys.order()+` LIMIT ?`, append(where.args, n+1))
	if err == nil && len(page) > n {
		page = page[:n]
		next = keys.cursor(nanos(page[n-1].Created), page[n-1].ID)
	}
	return page, next, err
}

func (u *Uploads) list(ctx context.Context, rest string, args []any) ([]source.Upload, error) {
	var out []source.Upload
	err := u.store.read(ctx).each(`SELECT `+uploadColumns+` FROM uploads`+rest, args, func(scan func(...any) error) error {
		upload, err := scanUpload(scan)
		out = append(out, upload)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	return out, nil
}

// Remove takes an upload out of the ledger; source.ErrNoUpload if there is
// none.
func (u *Uploads) Remove(ctx context.Context, id string) error {
	err := u.store.write(ctx, func(tx conn) error {
		n, err := tx.exec(`DELETE FROM uploads WHERE id = ?`, id)
		if err == nil && n == 0 {
			return source.ErrNoUpload
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove upload %s: %w", id, err)
	}
	return nil
}
