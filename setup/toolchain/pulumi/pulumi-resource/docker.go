package main

import (
	"context"

	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdk "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	docker "github.com/terraform-providers/terraform-provider-docker/shim"
)

func serveDocker(ctx context.Context, version string) error {
	info := bridge.ProviderInfo{
		P:       sdk.NewProvider(docker.New(version)()),
		Name:    "docker",
		Version: version,
		Config: map[string]*bridge.SchemaInfo{
			"host":          {Default: &bridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, ComputeDefault: usualHost}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: bridge.False()},
		},
		Resources: map[string]*bridge.ResourceInfo{
			"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
			"docker_image": {
				Tok:    "docker:index/remoteImage:RemoteImage",
				Fields: map[string]*bridge.SchemaInfo{"name": {Name: "name"}},
			},
			"docker_container": {
				DeleteBeforeReplace: true,
				Fields: map[string]*bridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
		},
		DataSources: map[string]*bridge.DataSourceInfo{
			"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
		},
	}
	if err := computeTokens(&info, ""); err != nil {
		return err
	}
	info.SetAutonaming(255, "-")
	schema := schemaOf(info)
	return provider.Main(info.Name, func(host *provider.HostClient) (rpc.ResourceProviderServer, error) {
		// The bridge warns of inputs whose types are not those of the schema.
		text, err := schema()
		if err != nil {
			return nil, err
		}
		return &hybrid{
			version: version,
			schema:  text,
			bridged: bridge.NewProvider(ctx, host, info.Name, version, info.P, info, text),
		}, nil
	})
}
