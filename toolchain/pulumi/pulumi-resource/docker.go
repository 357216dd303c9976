package main

import (
	"context"

	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdk "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	docker "github.com/terraform-providers/terraform-provider-docker/shim"
)

func serveDocker(_ context.Context, version string) error {
	named := func(fields map[string]*bridge.SchemaInfo) *bridge.ResourceInfo {
		fields["name"] = bridge.AutoName("name", 255, "-")
		return &bridge.ResourceInfo{Fields: fields}
	}
	info := bridge.ProviderInfo{
		P:       sdk.NewProvider(docker.New(version)()),
		Name:    "docker",
		Version: version,
		Config: map[string]*bridge.SchemaInfo{
			"registry_auth": {Name: "registryAuth"},
		},
		Resources: map[string]*bridge.ResourceInfo{
			"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
			"docker_image":  {Tok: "docker:index/remoteImage:RemoteImage"},
			"docker_container": named(map[string]*bridge.SchemaInfo{
				"command":           {Name: "command"},
				"networks_advanced": {Name: "networksAdvanced"},
			}),
			"docker_network": named(map[string]*bridge.SchemaInfo{}),
			"docker_volume":  named(map[string]*bridge.SchemaInfo{}),
		},
		DataSources: map[string]*bridge.DataSourceInfo{
			"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
		},
	}
	if err := computeTokens(&info, ""); err != nil {
		return err
	}
	bridge.Main(info.Name, version, info, noSchema)
	return nil
}
