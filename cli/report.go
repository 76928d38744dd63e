package cli

import (
	"io"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/report"
)

// writeReport writes the result for people.
func (c *analyzeCmd) writeReport(w io.Writer, env Env, a *app.Analysis, width int) error {
	in := report.Input{Version: env.Version, Problems: problems(a.Problems)}
	for _, err := range c.rules.Problems {
		in.Problems = append(in.Problems, report.Problem{Reason: report.BadRule, Detail: err.Error()})
	}
	for _, k := range c.detectors {
		in.Checked = append(in.Checked, k.Doc)
	}
	for _, r := range a.Recordings {
		in.Recordings = append(in.Recordings, report.Recording{
			Name: r.Name, Capture: r.Capture, Formats: r.Formats, Bytes: r.Bytes, Packets: r.Packets,
			Events: r.Counts.Events, Classes: r.Counts.ByClass, Protocols: r.Counts.Protocol,
			First: r.Counts.First, Last: r.Counts.Last,
			Findings: r.Findings, Incidents: r.Incidents, Problems: problems(r.Problems),
			Skipped: r.Notes.Skipped, LogRecords: r.Notes.LogRecords, NotUnderstood: r.Notes.NotUnderstood,
			Evicted: r.Notes.Evicted,
		})
	}
	options := report.Options{Lang: env.lang, Color: width > 0 && env.Getenv("NO_COLOR") == "", Width: width}
	if c.Format == "html" {
		return report.HTML(w, in, options)
	}
	return report.Text(w, in, options)
}

func problems(list []app.Problem) []report.Problem {
	reasons := map[app.Reason]report.Reason{
		app.Skipped: report.Ignored, app.Empty: report.Empty, app.Unrecognised: report.Unrecognised,
		app.Unreadable: report.Unreadable, app.Bounded: report.Bounded,
	}
	var out []report.Problem
	for _, p := range list {
		out = append(out, report.Problem{Path: p.Path, Reason: reasons[p.Reason], Detail: p.Err.Error()})
	}
	return out
}
