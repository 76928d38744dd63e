package api_test

import (
	"strings"
	"testing"

	"github.com/bongsu/bongsu/api"
)

func TestDocument(t *testing.T) {
	v31, v30, err := api.Document("test")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"openapi: 3.1.0", "/api/v1/incidents/{id}:", "/api/v1/changes:", "operationId: hunt"} {
		if !strings.Contains(string(v31), want) {
			t.Errorf("the document does not hold %q", want)
		}
	}
	if !strings.Contains(string(v30), "openapi: 3.0.3") {
		t.Errorf("the older form begins with %.200s", v30)
	}
}
