package main

import (
	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/internal/conformance/ja4"
	"github.com/bongsu/bongsu/internal/conformance/ocsf"
	"github.com/bongsu/bongsu/internal/conformance/truth"
	"github.com/bongsu/bongsu/internal/conformance/zeekconn"
)

// all lists every suite, in the order in which they are printed.
func all() []conformance.Suite {
	return []conformance.Suite{zeekconn.Suite(), ja4.Suite(), ocsf.Suite(), truth.Suite(), truth.Quiet()}
}
