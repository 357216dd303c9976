package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// serveFramework serves a provider written on Terraform's plug-in framework.
func serveFramework(ctx context.Context, upstream provider.Provider, info bridge.ProviderInfo, namePrefix string) error {
	info.P = tfbridge.ShimProvider(upstream)
	info.MetadataInfo = bridge.NewProviderMetadata([]byte("{}"))
	if err := computeTokens(&info, namePrefix); err != nil {
		return fmt.Errorf("%s: %w", info.Name, err)
	}
	schema := schemaOf(info)
	tfbridge.Main(ctx, info.Name, info, tfbridge.ProviderMetadata{
		XGetSchema: func(context.Context, plugin.GetSchemaRequest) ([]byte, error) { return schema() },
	})
	return nil
}
