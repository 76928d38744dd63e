package client_test

import (
	"os"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/api"
)

func TestClientIsOfThisCode(t *testing.T) {
	_, document, err := api.Document(api.Generated)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("openapi.sum")
	if err != nil {
		t.Fatal(err)
	}
	if want := api.Sum(document); strings.TrimSpace(string(have)) != want {
		t.Errorf("client.gen.go was made of document %s, package api makes %s: run go generate ./api/client", have, want)
	}
}
