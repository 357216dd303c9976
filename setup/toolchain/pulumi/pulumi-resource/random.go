package main

import (
	"context"
	"errors"

	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	random "github.com/terraform-providers/terraform-provider-random/shim"
)

// In Pulumi random_password is random:index/randomPassword:RandomPassword: the package's name is part of each name.
func serveRandom(ctx context.Context, version string) error {
	return serveFramework(ctx, random.New(), bridge.ProviderInfo{
		Name:    "random",
		Version: version,
		Resources: map[string]*bridge.ResourceInfo{
			"random_bytes":  {ComputeID: base64ID},
			"random_string": {PreStateUpgradeHook: markVersion},
		},
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}, "Random")
}

// base64ID makes the secret bytes themselves the id, readable in every state. It is what Pulumi's own does, and what a
// program must reckon with.
func base64ID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", errors.New("random_bytes has no base64 to be its id")
	}
	return resource.ID(value.StringValue()), nil
}

// markVersion reads a state without a version, as early versions of Pulumi's own wrote it, as one of version 1.
func markVersion(args bridge.PreStateUpgradeHookArgs) (int64, resource.PropertyMap, error) {
	return max(args.PriorStateSchemaVersion, 1), args.PriorState, nil
}
