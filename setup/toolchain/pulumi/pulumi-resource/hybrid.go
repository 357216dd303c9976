package main

import (
	"context"
	"fmt"
	"os"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// hybrid stands for the two providers that Pulumi's own docker plug-in is made of: the bridged one, and one of Pulumi's
// for docker.Image. Of the second it has only what all programs meet: it looks for an engine before anything else.
type hybrid struct {
	rpc.UnimplementedResourceProviderServer
	version string
	schema  []byte
	bridged rpc.ResourceProviderServer
}

// Configure finds the Docker engine, and hands its address on to the bridged provider, which reads DOCKER_HOST.
func (h *hybrid) Configure(ctx context.Context, req *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	host, err := engineHost(ctx, engineConfig(req.GetVariables()))
	if err != nil {
		return nil, fmt.Errorf("docker native provider returned an unexpected error from Configure: %w", err)
	}
	if host != sshHost {
		if err := os.Setenv("DOCKER_HOST", host); err != nil {
			return nil, err
		}
	}
	response, err := h.bridged.Configure(ctx, req)
	if err != nil {
		return nil, err
	}
	response.SupportsPreview = true
	return response, nil
}

func (h *hybrid) GetSchema(context.Context, *rpc.GetSchemaRequest) (*rpc.GetSchemaResponse, error) {
	return &rpc.GetSchemaResponse{Schema: string(h.schema)}, nil
}

func (h *hybrid) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: h.version}, nil
}

// Cancel lets what is under way come to its end.
func (*hybrid) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (h *hybrid) Attach(ctx context.Context, req *rpc.PluginAttach) (*emptypb.Empty, error) {
	return h.bridged.Attach(ctx, req)
}

func (h *hybrid) CheckConfig(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	return h.bridged.CheckConfig(ctx, req)
}

func (h *hybrid) DiffConfig(ctx context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	return h.bridged.DiffConfig(ctx, req)
}

func (h *hybrid) Invoke(ctx context.Context, req *rpc.InvokeRequest) (*rpc.InvokeResponse, error) {
	return h.bridged.Invoke(ctx, req)
}

func (h *hybrid) Check(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	return h.bridged.Check(ctx, req)
}

func (h *hybrid) Diff(ctx context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	return h.bridged.Diff(ctx, req)
}

func (h *hybrid) Create(ctx context.Context, req *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	return h.bridged.Create(ctx, req)
}

func (h *hybrid) Read(ctx context.Context, req *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	return h.bridged.Read(ctx, req)
}

func (h *hybrid) Update(ctx context.Context, req *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	return h.bridged.Update(ctx, req)
}

func (h *hybrid) Delete(ctx context.Context, req *rpc.DeleteRequest) (*emptypb.Empty, error) {
	return h.bridged.Delete(ctx, req)
}
