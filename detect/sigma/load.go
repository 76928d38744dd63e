package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bongsu/bongsu/detect"
)

// A Rule is one Sigma rule, ready to judge events.
type Rule struct {
	ID             string
	Title          string
	Description    string
	Level          string
	Status         string
	Tags           []string
	FalsePositives []string

	key       string
	source    logsource
	selection map[string]*selection
	names     []string // of the selections, in the order of the file
	condition node
	claim     *detect.Rule
}

// MaxFile bounds a rule file.
const MaxFile = 1 << 20

// Parse reads the rules of one file, which may hold several YAML documents.
// Rules that are wrong come back as problems, each with its line; the others
// load. It reads nothing outside text: there are no includes.
func Parse(path string, content []byte) (rules []*Rule, problems []Problem) {
	if len(content) > MaxFile {
		return nil, []Problem{{Path: path, Err: fmt.Errorf("file of %d bytes is longer than a rule file may be (%d)", len(content), MaxFile)}}
	}
	documents := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		err := documents.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return rules, problems
		}
		if err != nil {
			return rules, append(problems, Problem{Path: path, Err: fmt.Errorf("not YAML: %w", err)})
		}
		if len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].Value == "" {
			continue
		}
		r, at, err := parseRule(doc.Content[0])
		if err != nil {
			problems = append(problems, Problem{Path: path, Line: at.Line, Err: err})
			continue
		}
		rules = append(rules, r)
	}
}

// keys that a rule may have at its top; anything else is custom and ignored,
// unless it looks like a slip.
var keys = []string{
	"title", "id", "name", "taxonomy", "related", "status", "description", "license", "author", "references", "date", "modified",
	"logsource", "detection", "fields", "falsepositives", "level", "tags", "scope",
}

func parseRule(n *yaml.Node) (*Rule, *yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, n, errors.New("a rule is a map with title, logsource and detection")
	}
	r := &Rule{selection: map[string]*selection{}}
	var source, detection *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch k.Value {
		case "title":
			r.Title = v.Value
		case "id":
			r.ID = v.Value
		case "description":
			r.Description = v.Value
		case "status":
			r.Status = v.Value
		case "level":
			r.Level = strings.ToLower(v.Value)
			if !slices.Contains(levels, r.Level) {
				return nil, v, fmt.Errorf("level %q is unknown%s", v.Value, nearest(v.Value, levels))
			}
		case "tags":
			r.Tags = textsOf(v)
		case "falsepositives":
			r.FalsePositives = textsOf(v)
		case "logsource":
			source = v
		case "detection":
			detection = v
		case "correlation":
			return nil, k, errors.New("correlation rules are not supported yet")
		case "filter":
			return nil, k, errors.New("filter documents are not supported yet")
		default:
			if near := closest(k.Value, keys); near != "" && !slices.Contains(keys, k.Value) {
				return nil, k, fmt.Errorf("key %q is unknown, did you mean %q?", k.Value, near)
			}
		}
	}
	switch {
	case r.Title == "":
		return nil, n, errors.New("title is missing")
	case source == nil:
		return nil, n, errors.New("logsource is missing: it says which logs the rule is for")
	case detection == nil:
		return nil, n, errors.New("detection is missing")
	}
	if r.ID == "" {
		r.ID = r.Title
	}
	r.key = r.ID
	if at, err := r.parseSource(source); err != nil {
		return nil, at, err
	}
	if at, err := r.parseDetection(detection); err != nil {
		return nil, at, err
	}
	r.claim = claimOf(r)
	return r, n, nil
}

func textsOf(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var out []string
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode {
			out = append(out, c.Value)
		}
	}
	return out
}

func (r *Rule) parseSource(n *yaml.Node) (*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return n, errors.New("logsource is a map with category, product or service")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch k.Value {
		case "category":
			r.source.category = strings.ToLower(v.Value)
		case "product":
			r.source.product = strings.ToLower(v.Value)
		case "service":
			r.source.service = strings.ToLower(v.Value)
		case "definition":
		default:
			if near := closest(k.Value, []string{"category", "product", "service", "definition"}); near != "" {
				return k, fmt.Errorf("logsource has no %q, did you mean %q?", k.Value, near)
			}
		}
	}
	return nil, nil
}

func (r *Rule) parseDetection(n *yaml.Node) (*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return n, errors.New("detection is a map of selections and a condition")
	}
	var conditions []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch k.Value {
		case "condition":
			conditions = []*yaml.Node{v}
			if v.Kind == yaml.SequenceNode {
				conditions = v.Content
			}
		case "timeframe":
			return k, errors.New("timeframe belongs to an aggregation, which is not supported yet")
		default:
			s, at, err := parseSelection(v)
			if err != nil {
				return at, fmt.Errorf("selection %q: %w", k.Value, err)
			}
			r.selection[k.Value] = s
			r.names = append(r.names, k.Value)
		}
	}
	if len(conditions) == 0 {
		return n, errors.New("condition is missing")
	}
	var alternatives []node
	for _, c := range conditions {
		parsed, err := parseCondition(c.Value, r.names)
		if err != nil {
			return c, fmt.Errorf("condition %q: %w", c.Value, err)
		}
		alternatives = append(alternatives, parsed)
	}
	r.condition = alternatives[0]
	if len(alternatives) > 1 {
		r.condition = or(alternatives)
	}
	return nil, nil
}

// nearest says which of the words was perhaps meant.
func nearest(word string, words []string) string {
	if near := closest(word, words); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return fmt.Sprintf("; known: %s", strings.Join(words, ", "))
}

// closest returns the word that is at most two edits away, "" if none is.
func closest(word string, words []string) string {
	best, at := "", 3
	for _, w := range words {
		if d := distance(strings.ToLower(word), w); d < at && d < len(w)/2+1 {
			best, at = w, d
		}
	}
	return best
}

// distance counts insertions, deletions and replacements.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
