package main

import (
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
)

// computeTokens names each resource and data source that has no name yet as Pulumi's own build does: tls_private_key is
// tls:index/privateKey:PrivateKey. With a namePrefix, that comes before each name.
func computeTokens(info *bridge.ProviderInfo, namePrefix string) error {
	standard := tokens.MakeStandard(info.Name)
	return info.ComputeTokens(tokens.SingleModule(info.Name+"_", "index", func(module, name string) (string, error) {
		return standard(module, namePrefix+name)
	}))
}
