package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/text"
)

// Widths of the text report.
const (
	plainWidth  = 80
	leastWidth  = 40
	mostWidth   = 100 // longer lines are hard to read
	labelColumn = 2
)

// Text writes the report for a terminal, or for a file that people open.
func Text(w io.Writer, in Input, o Options) error {
	out := bufio.NewWriter(w)
	width := o.Width
	if width == 0 {
		width = plainWidth
	}
	p := &page{out: out, view: build(&in, o.Lang), color: o.Color, width: min(max(width, leastWidth), mostWidth)}
	p.answer()
	for _, m := range p.Matters {
		p.matter(m)
	}
	p.short()
	p.technical()
	p.read()
	p.blind()
	p.line("")
	p.paragraph(0, p.say(labels["zone"], nil)+" "+p.say(labels["by"], text.Args{"version": p.Version, "schema": p.Schema}))
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// A page writes lines of a view.
type page struct {
	*view
	out   *bufio.Writer
	color bool
	width int
}

// Styles of a terminal (ECMA-48, select graphic rendition).
const (
	bold   = "1"
	faint  = "2"
	red    = "1;31"
	yellow = "33"
	green  = "32"
)

// visible takes the styles off.
var visible = strings.NewReplacer("\x1b["+bold+"m", "", "\x1b["+faint+"m", "", "\x1b["+red+"m", "", "\x1b["+yellow+"m", "", "\x1b["+green+"m", "", "\x1b[0m", "")

func (p *page) style(code, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func styleOf(state string) string {
	switch state {
	case "act":
		return red
	case "watch":
		return yellow
	}
	return green
}

func (p *page) line(s string) {
	// A write that fails is remembered by the writer and told by Flush.
	_, _ = p.out.WriteString(strings.TrimRight(s, " ") + "\n")
}

func (p *page) paragraph(indent int, s string) {
	for _, l := range wrap(s, p.width-indent) {
		p.line(strings.Repeat(" ", indent) + l)
	}
}

// item writes a paragraph that hangs on a mark.
func (p *page) item(indent int, mark, s string) {
	in := indent + columns(visible.Replace(mark)) + 1
	for i, l := range wrap(s, p.width-in) {
		if i == 0 {
			p.line(strings.Repeat(" ", indent) + mark + " " + l)
			continue
		}
		p.line(strings.Repeat(" ", in) + l)
	}
}

func (p *page) heading(s string) {
	p.line("")
	lines := wrap(s, p.width-4)
	for i, l := range lines {
		if i == 0 {
			l = "── " + l
		}
		if i == len(lines)-1 {
			l += " " + strings.Repeat("─", max(p.width-columns(l)-1, 0))
		}
		p.line(p.style(bold, l))
	}
}

func (p *page) label(name string) {
	p.line(strings.Repeat(" ", labelColumn) + p.style(bold, p.view.label(name)))
}

// answer says what is so, and on what that rests.
func (p *page) answer() {
	if p.Fires > 0 {
		lit := strings.Repeat("▲", p.Fires) + strings.Repeat("△", 5-p.Fires)
		p.line(p.style(styleOf(p.State), lit) + "  " + p.say(labels["beacons"], text.Args{"n": p.Fires, "level": p.Level}))
	}
	for i, l := range wrap(p.Verdict, p.width) {
		if i == 0 {
			p.line("")
		}
		p.line(p.style(bold, l))
	}
	if p.Caveat != "" {
		p.paragraph(0, p.Caveat)
	}
	if len(p.Facts) > 0 {
		p.line("")
		for _, f := range p.Facts {
			p.paragraph(0, f)
		}
	}
}

func (p *page) matter(m matter) {
	p.line("")
	p.line(p.style(faint, strings.Repeat("─", p.width)))
	for i, l := range wrap(m.Title, p.width-4) {
		mark := pad(strconv.Itoa(m.Number)+".", 3) + " "
		if i > 0 {
			mark = "    "
		}
		p.line(mark + p.style(bold, l))
	}
	p.item(4, p.style(styleOf(m.State), sign(m.State)+" "+m.Level), m.When)
	p.paragraph(4, p.view.label("where")+": "+m.Recording)
	p.line("")
	p.label("happened")
	p.paragraph(4, m.Account)
	if len(m.Parties) > 0 {
		p.line("")
		p.label("towhat")
		for _, w := range m.Parties {
			p.item(4, w.Role+":", w.Who)
		}
	}
	p.line("")
	p.label("howbad")
	p.paragraph(4, m.HowBad)
	p.line("")
	p.label("why")
	for _, s := range m.Why {
		p.item(4, "·", s)
	}
	p.line("")
	p.label("now")
	for i, s := range m.Now {
		p.item(4, strconv.Itoa(i+1)+".", s)
	}
}

// sign is a state by its shape, for those who see no colours.
func sign(state string) string {
	switch state {
	case "act":
		return "▲"
	case "watch":
		return "◆"
	case "broken":
		return "✕"
	}
	return "●"
}

// short tells in one line each what is not told in full.
func (p *page) short() {
	if len(p.Short) == 0 {
		return
	}
	heading := p.say(labels["moreinc"], text.Args{"n": len(p.Short) + p.RestMatters})
	p.heading(heading)
	for _, m := range p.Short {
		p.item(0, pad(strconv.Itoa(m.Number)+".", 4)+p.style(styleOf(m.State), sign(m.State)), m.Title+" ("+m.Level+"; "+m.Recording+")")
	}
	p.rest("restinc", p.RestMatters)
}

func (p *page) rest(name string, n int) {
	if n > 0 {
		p.paragraph(0, p.say(labels[name], text.Args{"n": n}))
	}
}

// technical lists what the matters rest on.
func (p *page) technical() {
	if len(p.Kinds) == 0 {
		return
	}
	p.heading(p.view.label("technical"))
	p.line(p.style(bold, p.view.label("kinds")))
	for _, k := range p.Kinds {
		p.item(2, p.style(styleOf(k.State), sign(k.State)), k.Rule+": "+p.things(k.Findings, oneFinding, manyFindings)+", "+p.things(k.Recordings, oneRecording, recordings)+", "+k.Level)
	}
	p.rest("restkinds", p.RestKinds)
	for _, m := range p.Matters {
		p.line("")
		p.item(0, p.style(bold, strconv.Itoa(m.Number)+"."), m.Title)
		p.paragraph(3, m.Score+" "+m.ID)
		for _, t := range m.Techniques {
			p.item(3, t.ID, t.Name+" ("+t.Tactic+")")
		}
		if len(m.Moments) > 1 {
			for _, t := range m.Moments {
				p.item(3, t.Time, t.What)
			}
		}
		p.rest("restmoments", m.RestMoment)
		for _, f := range m.Findings {
			p.finding(f)
		}
		p.rest("restfind", m.RestFind)
	}
}

func (p *page) finding(f finding) {
	p.line("")
	p.item(3, p.style(styleOf(f.State), sign(f.State)), f.Title)
	p.paragraph(5, f.Rule+" · "+f.Level+" · "+p.view.label("confidence")+" "+strconv.Itoa(f.Confidence)+" · "+f.Count+" · "+f.When+" · "+f.ID)
	for _, e := range f.Evidence {
		p.item(5, e.Time, e.Fact)
	}
	if f.RestEvidence > 0 {
		p.paragraph(5, p.say(labels["resteve"], text.Args{"n": f.RestEvidence}))
	}
	if f.Hush != "" {
		p.paragraph(5, p.view.label("hush")+": "+f.Hush)
	}
}

// read says what was looked at, and what was not.
func (p *page) read() {
	if len(p.Recordings)+p.RestRecordings > 0 {
		p.heading(p.view.label("read"))
	}
	for _, r := range p.Recordings {
		p.item(0, p.style(styleOf(r.State), sign(r.State)), r.Name)
		p.paragraph(2, facts(r.Format, r.Size, p.unit(r.Packets, "packets"), p.unit(r.Events, "events"), r.Span, r.Found))
	}
	if p.RestRecordings > 0 {
		name := "restrec"
		if p.RestAreQuiet {
			name = "restquiet"
		}
		p.rest(name, p.RestRecordings)
	}
	p.counts("formats", p.Formats)
	p.counts("classes", p.Classes)
	p.counts("protocols", p.Protocols)
	for _, n := range p.Notes {
		p.line("")
		p.paragraph(0, n)
	}
	if len(p.Unread) > 0 {
		p.heading(p.view.label("unread"))
		for _, u := range p.Unread {
			p.item(0, sign("broken"), u.Path)
			p.paragraph(2, facts(u.Reason, u.Detail))
		}
		p.rest("restfiles", p.RestUnread)
	}
}

func (p *page) unit(n, name string) string {
	if n == "" {
		return ""
	}
	return p.view.label(name) + " " + n
}

// facts joins those that are known.
func facts(all ...string) string {
	var known []string
	for _, f := range all {
		if f != "" {
			known = append(known, f)
		}
	}
	return strings.Join(known, " · ")
}

func (p *page) counts(name string, all []count) {
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line(p.style(bold, p.view.label(name)))
	wide := 0
	for _, c := range all {
		wide = max(wide, columns(c.Name))
	}
	wide = min(wide, p.width-16)
	for _, c := range all {
		p.line("  " + pad(cut(c.Name, wide), wide) + "  " + strings.Repeat(" ", max(12-len(c.Count), 0)) + c.Count)
	}
}

// blind says what was looked for and what cannot be seen.
func (p *page) blind() {
	if len(p.Checked) > 0 {
		p.heading(p.view.label("checked"))
		for _, c := range p.Checked {
			p.item(0, "·", c)
		}
	}
	if len(p.Blind) > 0 {
		p.heading(p.view.label("blind"))
		for _, b := range p.Blind {
			p.item(0, "·", b)
		}
	}
}
