package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	// reported is the exit code of a program that has told the user what went wrong (cmd/run/index.js of @pulumi/pulumi).
	reported = 32
	grace    = 5 * time.Second
)

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	program, err := h.program(ctx, req)
	if err != nil {
		return nil, err
	}
	err = program.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == reported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit) && exit.Exited():
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program ended unexpectedly: %v", err)}, nil
	}
}

func (h *host) program(ctx context.Context, req *pulumirpc.RunRequest) (*exec.Cmd, error) {
	run, err := upward(req.Info.ProgramDirectory, "node_modules/@pulumi/pulumi/cmd/run")
	if err != nil {
		return nil, err
	}
	options := req.Info.Options.AsMap()
	nodeArgs, err := shlex.Split(text(options["nodeargs"]))
	if err != nil {
		return nil, fmt.Errorf("runtime option nodeargs: %w", err)
	}
	config, err := json.Marshal(maps.Collect(maps.All(req.Config)))
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, req.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	args := append(nodeArgs, run)
	args = append(args, h.flags(req)...)
	args = append(args, req.Info.EntryPoint)
	args = append(args, req.Args...)

	node := exec.CommandContext(ctx, "node", args...)
	node.Stdout, node.Stderr = os.Stdout, os.Stderr
	node.Env = append(os.Environ(),
		"PULUMI_CONFIG="+string(config),
		"PULUMI_CONFIG_SECRET_KEYS="+string(secrets),
		"PULUMI_NODEJS_TYPESCRIPT="+strconv.FormatBool(options["typescript"] != false),
	)
	if tsconfig := text(options["tsconfig"]); tsconfig != "" {
		node.Env = append(node.Env, "PULUMI_NODEJS_TSCONFIG_PATH="+filepath.Join(req.Info.RootDirectory, tsconfig))
	}
	node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) }
	node.WaitDelay = grace
	return node, nil
}

// flags are what cmd/run of @pulumi/pulumi reads.
func (h *host) flags(req *pulumirpc.RunRequest) []string {
	flags := []string{
		"--engine", h.engine,
		"--monitor", req.MonitorAddress,
		"--organization", req.Organization,
		"--project", req.Project,
		"--root-directory", req.Info.RootDirectory,
		"--stack", req.Stack,
		"--pwd", req.Pwd,
		"--parallel", strconv.Itoa(int(req.Parallel)),
	}
	if req.DryRun {
		flags = append(flags, "--dry-run")
	}
	return flags
}

func text(option any) string {
	s, _ := option.(string)
	return s
}
