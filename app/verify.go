package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/statestore/sqlite"
)

// VerifyAudit verifies the audit log of a data folder that no server has open.
func VerifyAudit(ctx context.Context, data string) (v api.AuditVerdict, err error) {
	if _, err := os.Stat(filepath.Join(data, stateFile)); errors.Is(err, fs.ErrNotExist) {
		return v, fmt.Errorf("verify audit log: %s holds no %s: it is no data folder; name one with --data", data, stateFile)
	}
	f, err := openFolder(data)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: f.join(stateFile), Clock: time.Now})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := audit.Verify(ctx, db.Audit(), f.join(auditHead))
	if err != nil {
		return v, err
	}
	return api.AuditVerdict{Whole: report.Whole(), Report: report, Say: report.Say()}, nil
}
