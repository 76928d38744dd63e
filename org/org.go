// Package org names organisations. Every record belongs to exactly one; one
// installation may hold thousands.
package org

// Default is the organisation of a record when nothing else is configured.
const Default = "org_default"
