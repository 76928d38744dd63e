package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bongsu/bongsu/catalog"
)

// loadRules reads Sigma rules from files and folders. A rule that is wrong is a
// problem of its own; a path that cannot be read, or holds no rule file at all,
// is an error.
func loadRules(paths []string) (*catalog.Rules, error) {
	rules := &catalog.Rules{}
	for _, root := range paths {
		files := 0
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			ext := strings.ToLower(filepath.Ext(path))
			if d.IsDir() || path != root && ext != ".yml" && ext != ".yaml" {
				return nil
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			rules.Add(path, content)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%w: --rules: %w", ErrUsage, err)
		}
		if files == 0 {
			return nil, fmt.Errorf("%w: --rules %s holds no .yml or .yaml file", ErrUsage, root)
		}
	}
	return rules, nil
}
