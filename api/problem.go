package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// A problem is an error as RFC 9457 has it, with words for people.
type problem struct {
	huma.ErrorModel
	Hint  *text.Said `json:"hint,omitempty"`
	Field string     `json:"field,omitempty"`
	After int        `json:"-"` // seconds until it may be tried again
}

// GetHeaders adds Retry-After, and what RFC 9110 wants of 401.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.After > 0 {
		h.Set("Retry-After", strconv.Itoa(p.After))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// describeProblem adds what a problem has beyond RFC 9457 to the document.
func describeProblem(schemas huma.Registry) {
	model := schemas.Map()["ErrorModel"]
	if model == nil {
		return
	}
	hint := schemas.Schema(reflect.TypeFor[text.Said](), true, "")
	model.Properties["hint"] = hint
	model.Properties["field"] = &huma.Schema{Type: huma.TypeString, Description: "The member of the request that is wrong. hint says it to people, in both languages, and what to do."}
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
	{asset.ErrInvalid, http.StatusUnprocessableEntity},
	{source.ErrNoUpload, http.StatusNotFound},
	{identity.ErrCredentials, http.StatusUnauthorized},
	{identity.ErrNotAllowed, http.StatusForbidden},
	{identity.ErrNotFound, http.StatusNotFound},
	{identity.ErrNameTaken, http.StatusConflict},
	{identity.ErrLast, http.StatusConflict},
	{identity.ErrBusy, http.StatusServiceUnavailable},
	{ErrTooLarge, http.StatusRequestEntityTooLarge},
	{ErrEmpty, http.StatusUnprocessableEntity},
	{ErrNotFound, http.StatusNotFound},
	{errNoAccount, http.StatusConflict},
}

// Errors that what stands behind the API returns, so that it answers rightly.
var (
	ErrTooLarge = errors.New("too large")
	ErrEmpty    = errors.New("empty")
	ErrNotFound = errors.New("not found")

	errNoAccount = errors.New("nobody has an account yet")
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
	if s.BadCursor != nil && errors.Is(err, s.BadCursor) {
		p.Status = http.StatusBadRequest
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
		p.Status, p.Field = http.StatusUnprocessableEntity, field.Field
	case errors.As(err, &own):
		p.Status, p.Field = http.StatusUnprocessableEntity, own.Field
	case errors.As(err, &unread):
		p.Status, p.Field = http.StatusUnprocessableEntity, "query"
	case p.Status == http.StatusServiceUnavailable:
		p.After = 1
	case p.Status == http.StatusInternalServerError:
		if ctx.Err() == nil {
			s.Log.Error("request failed", "error", err)
		}
		p.Detail = "something went wrong here; the log of the server says what"
	}
	p.Title = http.StatusText(p.Status)
	if said, ok := words(err); ok {
		p.Hint = &said
	}
	return p
}

// words says an error to people; false where nothing but its text is known.
func words(err error) (text.Said, bool) {
	if said, ok := incident.Words(err); ok {
		return said, true
	}
	if said, ok := identity.Words(err); ok {
		return said, true
	}
	var unread *hunt.Error
	if errors.As(err, &unread) {
		return text.Said{EN: both(unread.Text.EN, "; ", unread.Hint.EN), KO: both(unread.Text.KO, ". ", unread.Hint.KO)}, true
	}
	for _, known := range said {
		if errors.Is(err, known.is) {
			return known.say.Say(nil), true
		}
	}
	return text.Said{}, false
}

// both puts what is wrong before what would be right.
func both(wrong, between, right string) string {
	if right == "" {
		return wrong
	}
	return strings.TrimSuffix(wrong, ".") + between + right
}

// said are words for errors that no module has words for.
var said = []struct {
	is  error
	say text.Message
}{
	{eventstore.ErrNoEngine, text.Message{
		EN: "Events are kept, but this build cannot search them. Copy the data folder to a machine with the full build, or read the Parquet files in it.",
		KO: "이벤트는 보관되지만 이 빌드로는 검색할 수 없습니다. 데이터 폴더를 전체 빌드가 설치된 장비로 복사하거나, 그 안의 Parquet 파일을 직접 읽어 주십시오.",
	}},
	{hunt.ErrTimeout, text.Message{
		EN: "The hunt took too long. Ask for less time, or for fewer conditions on text.",
		KO: "검색이 너무 오래 걸렸습니다. 시간 범위를 줄이거나 텍스트 조건을 줄여 주십시오.",
	}},
	{hunt.ErrCursor, text.Message{
		EN: "The page that was asked for is not one of this hunt. Begin again at the first.",
		KO: "요청한 페이지는 이 검색의 것이 아닙니다. 첫 페이지부터 다시 시작해 주십시오.",
	}},
	{hunt.ErrNotFound, text.Message{EN: "There is no such saved hunt.", KO: "그런 저장된 검색이 없습니다."}},
	{hunt.ErrNameTaken, text.Message{EN: "Another saved hunt has this name. Choose another one.", KO: "같은 이름의 저장된 검색이 있습니다. 다른 이름을 써 주십시오."}},
	{hunt.ErrChanged, text.Message{EN: "Somebody else has changed the saved hunt. Read it again, then change it.", KO: "다른 사람이 저장된 검색을 바꾸었습니다. 다시 읽은 뒤에 바꿔 주십시오."}},
	{asset.ErrNotFound, text.Message{EN: "There is no such asset.", KO: "그런 자산이 없습니다."}},
	{source.ErrNoUpload, text.Message{EN: "There is no such upload.", KO: "그런 업로드가 없습니다."}},
	{ErrTooLarge, text.Message{EN: "The file is too large. Split it, or raise uploads.size in the settings.", KO: "파일이 너무 큽니다. 나누어 올리거나 설정의 uploads.size를 늘려 주십시오."}},
	{errNoAccount, text.Message{
		EN: "Nobody has an account yet. Set the administrator's password first, with the link that bongsu serve prints when it starts.",
		KO: "아직 계정이 없습니다. bongsu serve가 시작할 때 출력하는 링크로 먼저 관리자 비밀번호를 설정해 주십시오.",
	}},
	{ErrEmpty, text.Message{EN: "The file holds nothing.", KO: "파일이 비어 있습니다."}},
}
