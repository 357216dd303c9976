package main

import (
	"context"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"aipi-mqtt/toolchain/pulumi-resource/local"
)

func serveCommand(ctx context.Context, version string) error {
	command, err := infer.NewProviderBuilder().
		WithNamespace("pulumi").
		WithResources(infer.Resource(local.Command{})).
		Build()
	if err != nil {
		return err
	}
	return provider.RunProvider(ctx, "command", version, command)
}
