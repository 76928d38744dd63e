package cli

import "github.com/bongsu/bongsu/app"

// openEvents begins the file of events, nil where none is asked for.
func openEvents(path string) (*app.EventFile, error) {
	if path == "" {
		return nil, nil
	}
	return app.CreateEvents(path)
}
