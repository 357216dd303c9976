package local

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect takes the files that the command left in its folder, as far as they were asked for.
func collect(dir string, in Base, out *Output) error {
	if in.AssetPaths != nil {
		files, err := filesOf(dir, *in.AssetPaths)
		if err != nil {
			return err
		}
		assets := map[string]*types.AssetOrArchive{}
		for name, file := range files {
			assets[name] = &types.AssetOrArchive{Asset: file}
		}
		out.Assets = &assets
	}
	if in.ArchivePaths != nil {
		files, err := filesOf(dir, *in.ArchivePaths)
		if err != nil {
			return err
		}
		members := map[string]any{}
		for name, file := range files {
			members[name] = file
		}
		if out.Archive, err = resource.NewAssetArchive(members); err != nil {
			return err
		}
	}
	return nil
}

// filesOf finds the files of a folder that the last pattern that speaks of them takes: one with ! before it leaves them
// out.
func filesOf(dir string, patterns []string) (map[string]*resource.Asset, error) {
	type rule struct {
		glob.Glob
		takes bool
	}
	var rules []rule
	for _, pattern := range patterns {
		text, excluded := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(text, '/')
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule{compiled, !excluded})
	}
	files := map[string]*resource.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		taken := false
		for _, rule := range rules {
			if rule.Match(name) {
				taken = rule.takes
			}
		}
		if !taken {
			return nil
		}
		files[name], err = resource.NewPathAsset(path.Join(dir, name))
		return err
	})
	return files, err
}
