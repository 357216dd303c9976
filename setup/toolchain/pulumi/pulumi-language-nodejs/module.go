package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// module is what matters here of a package.json.
type module struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Dependencies map[string]string `json:"dependencies"`
	Pulumi       struct {
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

func readModule(dir string) (module, error) {
	var m module
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

// plugin is the resource plug-in that the module is the SDK of.
func (m module) plugin() *pulumirpc.PackageDependency {
	name, version := m.Pulumi.Name, m.Pulumi.Version
	if name == "" {
		name = strings.TrimPrefix(strings.TrimPrefix(m.Name, "@pulumi/"), "@")
	}
	if version == "" {
		version = m.Version
	}
	return &pulumirpc.PackageDependency{
		Kind:    "resource",
		Name:    name,
		Version: "v" + strings.TrimPrefix(version, "v"),
		Server:  m.Pulumi.Server,
	}
}

// dependencies lists what the program in dir depends on, directly or also indirectly, as far as it is installed.
func dependencies(dir string, indirect bool) ([]module, error) {
	root, err := upward(dir, "package.json")
	if err != nil {
		return nil, err
	}
	var found []module
	seen := map[string]bool{}
	var visit func(dir string, deep bool) error
	visit = func(dir string, deep bool) error {
		m, err := readModule(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		for name := range m.Dependencies {
			home, err := upward(dir, filepath.Join("node_modules", name))
			if err != nil || seen[home] {
				continue
			}
			seen[home] = true
			child, err := readModule(home)
			if err != nil {
				return fmt.Errorf("%s: %w", home, err)
			}
			found = append(found, child)
			if deep {
				if err := visit(home, true); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return found, visit(filepath.Dir(root), indirect)
}

// upward finds a path in dir or in the nearest folder above it, as Node does.
func upward(dir, path string) (string, error) {
	for {
		candidate := filepath.Join(dir, path)
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", fmt.Errorf("%s is missing; run: npm ci", path)
		}
		dir = above
	}
}
