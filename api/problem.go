package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// A problem is an error as RFC 9457 has it, with what a person can do.
type problem struct {
	huma.ErrorModel
	Hint  *text.Said `json:"hint,omitempty"`
	Field string     `json:"field,omitempty"`
	After int        `json:"-"` // seconds until it may be tried again
}

// GetHeaders adds Retry-After.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.After > 0 {
		h.Set("Retry-After", strconv.Itoa(p.After))
	}
	return h
}

// codes are the answers to the errors of the modules.
var codes = []struct {
	is   error
	code int
}{
	{incident.ErrNotFound, http.StatusNotFound},
	{incident.ErrConflict, http.StatusConflict},
	{incident.ErrMerged, http.StatusConflict},
	{incident.ErrNoUndo, http.StatusConflict},
	{incident.ErrTooMany, http.StatusConflict},
	{incident.ErrInvalid, http.StatusUnprocessableEntity},
	{hunt.ErrNotFound, http.StatusNotFound},
	{hunt.ErrNameTaken, http.StatusConflict},
	{hunt.ErrChanged, http.StatusConflict},
	{hunt.ErrName, http.StatusUnprocessableEntity},
	{hunt.ErrCursor, http.StatusBadRequest},
	{hunt.ErrTimeout, http.StatusGatewayTimeout},
	{eventstore.ErrNoEngine, http.StatusNotImplemented},
	{asset.ErrNotFound, http.StatusNotFound},
	{source.ErrNoUpload, http.StatusNotFound},
	{identity.ErrCredentials, http.StatusUnauthorized},
	{identity.ErrNotAllowed, http.StatusForbidden},
	{identity.ErrNotFound, http.StatusNotFound},
	{identity.ErrNameTaken, http.StatusConflict},
	{identity.ErrLast, http.StatusConflict},
	{identity.ErrBusy, http.StatusServiceUnavailable},
	{ErrTooLarge, http.StatusRequestEntityTooLarge},
	{ErrEmpty, http.StatusUnprocessableEntity},
	{ErrCursor, http.StatusBadRequest},
}

// Errors that what stands behind the API returns, so that it answers rightly.
var (
	ErrTooLarge = errors.New("too large")
	ErrEmpty    = errors.New("empty")
	ErrCursor   = errors.New("cursor is not one of this list; begin again without one")
)

// problem makes an answer of an error. What is nobody's fault but Bongsu's is
// logged, and its details stay here.
func (s *server) problem(ctx context.Context, err error) error {
	var known huma.StatusError
	if errors.As(err, &known) {
		return known
	}
	p := &problem{ErrorModel: huma.ErrorModel{Status: http.StatusInternalServerError, Detail: err.Error()}}
	for _, c := range codes {
		if errors.Is(err, c.is) {
			p.Status = c.code
			break
		}
	}
	var limited *identity.LimitedError
	var field *incident.FieldError
	var own *identity.FieldError
	var unread *hunt.Error
	switch {
	case errors.As(err, &limited):
		p.Status = http.StatusTooManyRequests
		p.After = max(1, int(limited.Again.Sub(s.Clock()).Seconds())+1)
	case errors.As(err, &field):
		p.Status, p.Field, p.Hint = http.StatusUnprocessableEntity, field.Field, &field.Said
	case errors.As(err, &own):
		p.Status, p.Field, p.Hint = http.StatusUnprocessableEntity, own.Field, &own.Said
	case errors.As(err, &unread):
		p.Status, p.Field = http.StatusUnprocessableEntity, "query"
	case errors.Is(err, eventstore.ErrNoEngine):
		said := noEngine.Say(nil)
		p.Hint = &said
	case p.Status == http.StatusInternalServerError && ctx.Err() == nil:
		s.Log.Error("request failed", "error", err)
		p.Detail = "something went wrong here; the log of the server says what"
	}
	p.Title = http.StatusText(p.Status)
	return p
}

var noEngine = text.Message{
	EN: "Events are kept, but this build cannot search them. Copy the data folder to a machine with the full build, or read the Parquet files in it.",
	KO: "이벤트는 보관되지만 이 빌드로는 검색할 수 없습니다. 데이터 폴더를 전체 빌드가 설치된 장비로 복사하거나, 그 안의 Parquet 파일을 직접 읽어 주십시오.",
}
