package main

import (
	"context"

	tls "github.com/hashicorp/terraform-provider-tls/shim"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

func serveTLS(ctx context.Context, version string) error {
	return serveFramework(ctx, tls.New(), bridge.ProviderInfo{
		Name:                           "tls",
		Version:                        version,
		EnableAccurateBridgePreview:    true,
		EnableZeroDefaultSchemaVersion: true,
	}, "")
}
