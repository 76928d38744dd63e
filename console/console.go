// Package console is the face for people in a browser. So far it holds the page
// on which the first administrator sets a password, and a front page that says
// what to do next; it decides nothing and asks the API for everything.
package console

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/bongsu/bongsu/text"
)

//go:embed page.html
var pageHTML string

//go:embed setup.js
var setupJS []byte

//go:embed page.css
var pageCSS []byte

var page = template.Must(template.New("page").Parse(pageHTML))

// words are what a page says, in one language.
type words struct {
	Lang  text.Lang
	Setup bool
	Text  map[string]string
}

var said = map[string]text.Message{
	"title":    {EN: "Bongsu", KO: "봉수"},
	"setup":    {EN: "Set the administrator's password", KO: "관리자 비밀번호 설정"},
	"setup_do": {EN: "This link works once. Afterwards you sign in with this name and password.", KO: "이 링크는 한 번만 쓸 수 있습니다. 다음부터는 이 이름과 비밀번호로 로그인합니다."},
	"name":     {EN: "Name", KO: "이름"},
	"password": {EN: "Password", KO: "비밀번호"},
	"again":    {EN: "Password again", KO: "비밀번호 확인"},
	"rule":     {EN: "At least 12 characters. A sentence that only you would say is good.", KO: "12자 이상이어야 합니다. 본인만 쓸 법한 문장이 좋습니다."},
	"save":     {EN: "Set password", KO: "비밀번호 설정"},
	"differ":   {EN: "The two passwords are not the same.", KO: "두 비밀번호가 서로 다릅니다."},
	"nolink":   {EN: "This address lacks the secret of the link. Copy the whole link that bongsu serve printed, or start bongsu serve again for a new one.", KO: "주소에 링크의 비밀 값이 없습니다. bongsu serve가 출력한 링크를 끝까지 복사하거나, bongsu serve를 다시 시작해 새 링크를 받으십시오."},
	"failed":   {EN: "It did not work: ", KO: "설정하지 못했습니다: "},
	"stale":    {EN: "The link was used already or is too old. Start bongsu serve again for a new one.", KO: "이미 썼거나 오래된 링크입니다. bongsu serve를 다시 시작해 새 링크를 받으십시오."},
	"done":     {EN: "The password is set and you are signed in.", KO: "비밀번호를 설정했고 로그인되었습니다."},
	"running":  {EN: "Bongsu is running.", KO: "봉수가 실행 중입니다."},
	"next":     {EN: "What it sees can be asked for on the command line and by the API:", KO: "봉수가 본 것은 명령줄과 API로 볼 수 있습니다:"},
	"noscript": {EN: "This page needs JavaScript. Without it, send the password to the API: docs/api.md shows how.", KO: "이 페이지에는 JavaScript가 필요합니다. 없으면 docs/api.md에 나온 대로 API로 비밀번호를 설정하십시오."},
}

// Handler serves the pages.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { show(w, r, false) })
	mux.HandleFunc("GET /setup", func(w http.ResponseWriter, r *http.Request) { show(w, r, true) })
	mux.HandleFunc("GET /setup.js", func(w http.ResponseWriter, _ *http.Request) { file(w, "text/javascript; charset=utf-8", setupJS) })
	mux.HandleFunc("GET /page.css", func(w http.ResponseWriter, _ *http.Request) { file(w, "text/css; charset=utf-8", pageCSS) })
	return mux
}

func file(w http.ResponseWriter, kind string, content []byte) {
	guard(w.Header())
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(content) // whoever asked has gone
}

// guard keeps pages from being framed and from asking anybody else.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func show(w http.ResponseWriter, r *http.Request, setup bool) {
	x := words{Lang: language(r), Setup: setup, Text: map[string]string{}}
	for name, m := range said {
		x.Text[name] = m.Say(nil).In(x.Lang)
	}
	guard(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	_ = page.Execute(w, x) // whoever asked has gone
}

// language follows ?lang, then what the browser asks for first.
func language(r *http.Request) text.Lang {
	switch r.URL.Query().Get("lang") {
	case "ko":
		return text.Korean
	case "en":
		return text.English
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "ko") {
		return text.Korean
	}
	return text.English
}
