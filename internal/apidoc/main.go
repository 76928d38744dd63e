// Command apidoc writes the OpenAPI document of package api as version 3.0,
// which is what the generator of api/client reads, and its hash, by which a
// test sees that the client is of another document than the code.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/bongsu/bongsu/api"
)

func main() {
	out := flag.String("o", "openapi.gen.yaml", "document to write")
	sum := flag.String("sum", "openapi.sum", "its hash")
	flag.Parse()
	if err := write(*out, *sum); err != nil {
		fmt.Fprintln(os.Stderr, "apidoc:", err)
		os.Exit(1)
	}
}

func write(out, sum string) error {
	_, document, err := api.Document(api.Generated)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, document, 0o644); err != nil {
		return err
	}
	return os.WriteFile(sum, []byte(api.Sum(document)+"\n"), 0o644)
}
