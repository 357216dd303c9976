package main

import (
	"context"

	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	random "github.com/terraform-providers/terraform-provider-random/shim"
)

// In Pulumi random_password is random:index/randomPassword:RandomPassword: the package's name is part of each name.
func serveRandom(ctx context.Context, version string) error {
	return serveFramework(ctx, random.New(), bridge.ProviderInfo{Name: "random", Version: version}, "Random")
}
