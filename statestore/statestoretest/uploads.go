package statestoretest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/statestore"
)

func testUploads(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	uploads := store.Uploads()
	var all []source.Upload // newest first
	for i := range 7 {
		u := source.Upload{
			ID: fmt.Sprintf("upl_%d", i), Name: "가을 점검.pcap", SHA256: fmt.Sprintf("%064x", i/2), Size: int64(i) << 33,
			State: source.UploadQueued, Actor: "usr_1", Created: Start.Add(time.Duration(i/2) * time.Second), Updated: Start,
		}
		if err := uploads.Add(ctx, u); err != nil {
			t.Fatal(err)
		}
		all = append([]source.Upload{u}, all...)
	}
	if err := uploads.Add(ctx, all[0]); !errors.Is(err, statestore.ErrExists) {
		t.Errorf("an id that is taken was added: %v", err)
	}
	for _, size := range []int{1, 2, 3, 7, 100} {
		var got []source.Upload
		cursor, pages := "", 0
		for {
			page, next, err := uploads.List(ctx, cursor, size)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			pages++
			if next == "" {
				break
			}
			cursor = next
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
		if want := (len(all) + size - 1) / size; pages != want {
			t.Errorf("%d uploads came in %d pages of %d, want %d", len(all), pages, size, want)
		}
	}
	for _, cursor := range []string{"?", "e30", "WyJ1cGxvYWQiXQ", "WyJhc3NldCIsMSwidXBsXzEiXQ", "WyJ1cGxvYWQiLHt9LDFd"} {
		if _, _, err := uploads.List(ctx, cursor, 1); !errors.Is(err, statestore.ErrCursor) {
			t.Errorf("cursor %q was taken: %v", cursor, err)
		}
	}

	done := all[0]
	done.Kind, done.State, done.FramesPublished, done.Events, done.Findings = "capture", source.UploadDone, 12, 34567, 8
	done.Updated = Start.Add(time.Minute)
	failed := all[1]
	failed.State, failed.Error = source.UploadFailed, "byte 24: not a capture"
	for _, u := range []source.Upload{done, failed} {
		if err := uploads.Update(ctx, u); err != nil {
			t.Fatal(err)
		}
		got, err := uploads.Upload(ctx, u.ID)
		if diff := cmp.Diff(u, got); diff != "" || err != nil {
			t.Errorf("upload after update: %v (-want +got):\n%s", err, diff)
		}
	}
	unfinished, err := uploads.Unfinished(ctx)
	if err != nil || len(unfinished) != 5 || unfinished[0].ID != "upl_0" {
		t.Errorf("unfinished: %v, %v", unfinished, err)
	}
	if got, err := uploads.ByHash(ctx, done.SHA256); err != nil || got.ID != done.ID {
		t.Errorf("upload by hash is %q, %v; want %s", got.ID, err, done.ID)
	}
	if got, err := uploads.ByHash(ctx, failed.SHA256); err != nil || got.ID == failed.ID {
		t.Errorf("upload by hash is %q, %v; it failed", got.ID, err)
	}
	if _, err := uploads.Upload(ctx, "upl_x"); !errors.Is(err, source.ErrNoUpload) {
		t.Errorf("an upload that is not there: %v", err)
	}
	if err := uploads.Update(ctx, source.Upload{ID: "upl_x"}); !errors.Is(err, source.ErrNoUpload) {
		t.Errorf("an upload that is not there was updated: %v", err)
	}
}
