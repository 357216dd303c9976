// Command pulumi-resource is every resource provider in one binary: the folder it is installed in, for example
// resource-random-v4.21.2, says which one it is and of which version.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"aipi-mqtt/toolchain/parent"
)

var providers = map[string]func(ctx context.Context, version string) error{
	"command": serveCommand,
	"docker":  serveDocker,
	"random":  serveRandom,
	"tls":     serveTLS,
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	folder := filepath.Base(filepath.Dir(executable))
	name, version, ok := strings.Cut(strings.TrimPrefix(folder, "resource-"), "-v")
	start := providers[name]
	if !ok || start == nil {
		return fmt.Errorf("%s: not installed as resource-NAME-vVERSION/pulumi-resource-NAME", executable)
	}
	parent.Watch()
	return start(context.Background(), version)
}
