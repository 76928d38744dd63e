package console_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/console"
)

func TestPages(t *testing.T) {
	h := console.Handler()
	tests := []struct{ path, accept, want string }{
		{"/", "", "Bongsu is running."},
		{"/", "ko-KR,ko;q=0.9,en;q=0.5", "봉수가 실행 중입니다."},
		{"/setup?lang=ko", "en", "관리자 비밀번호 설정"},
		{"/setup", "en-GB", "Set the administrator"},
		{"/setup.js", "", "/api/v1/setup"},
		{"/page.css", "", "prefers-color-scheme"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", tt.path, nil)
		r.Header.Set("Accept-Language", tt.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s in %q: %d, want %q in\n%.600s", tt.path, tt.accept, w.Code, tt.want, w.Body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", tt.path, csp)
		}
		if strings.Contains(w.Body.String(), "http://") || strings.Contains(w.Body.String(), "https://") {
			t.Errorf("%s asks somebody else", tt.path)
		}
	}
}
