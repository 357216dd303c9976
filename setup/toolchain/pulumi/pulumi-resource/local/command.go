// Package local is the module command:local of Pulumi's command provider.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command runs one shell command when it is created, one when an input changed, and one when it is deleted.
type Command struct{}

// State is what is kept of a Command: its arguments, and what it wrote.
type State struct {
	Inputs
	Output
}

// Create runs the create command.
func (Command) Create(ctx context.Context, req infer.CreateRequest[Inputs]) (infer.CreateResponse[State], error) {
	state := State{Inputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = run(ctx, req.Inputs.Create, req.Inputs.Base, &state.Output)
	}
	return infer.CreateResponse[State]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command where there is none.
func (Command) Update(
	ctx context.Context, req infer.UpdateRequest[Inputs, State],
) (infer.UpdateResponse[State], error) {
	state := State{Inputs: req.Inputs, Output: req.State.Output}
	if req.DryRun {
		return infer.UpdateResponse[State]{Output: state}, nil
	}
	command := req.Inputs.Update
	if command == nil {
		command = req.Inputs.Create
	}
	err := run(ctx, command, req.Inputs.Base, &state.Output)
	return infer.UpdateResponse[State]{Output: state}, err
}

// Delete runs the delete command.
func (Command) Delete(ctx context.Context, req infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, run(ctx, req.State.Delete, req.State.Base, &req.State.Output)
}
