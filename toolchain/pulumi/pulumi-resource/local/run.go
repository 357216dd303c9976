package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
)

// run runs a command, where there is one, and returns what it wrote.
func run(ctx context.Context, command *string, in Inputs, previous Output) (Output, error) {
	if command == nil {
		return previous, nil
	}
	cmd := shell(ctx, *command, in)
	cmd.Env = environment(in, previous)

	var stdout, stderr bytes.Buffer
	var both transcript
	logged := func(stream Logging) *lines {
		if !in.Logging.includes(stream) {
			return &lines{each: func(string) {}}
		}
		return &lines{each: provider.GetLogger(ctx).Info}
	}
	stdoutLog, stderrLog := logged(logStdout), logged(logStderr)
	cmd.Stdout = io.MultiWriter(&stdout, &both, stdoutLog)
	cmd.Stderr = io.MultiWriter(&stderr, &both, stderrLog)

	err := cmd.Run()
	stdoutLog.close()
	stderrLog.close()
	if err != nil {
		return previous, fmt.Errorf("%w: running %q:\n%s", err, *command, both.text.String())
	}
	return Output{
		Stdout: strings.TrimSuffix(stdout.String(), "\n"),
		Stderr: strings.TrimSuffix(stderr.String(), "\n"),
	}, nil
}

func shell(ctx context.Context, command string, in Inputs) *exec.Cmd {
	argv := []string{"/bin/sh", "-c"}
	if in.Interpreter != nil && len(*in.Interpreter) > 0 {
		argv = *in.Interpreter
	}
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], command)...)
	if in.Dir != nil {
		cmd.Dir = *in.Dir
	}
	if in.Stdin != nil {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}
	group(cmd)
	return cmd
}

func environment(in Inputs, previous Output) []string {
	env := os.Environ()
	if in.Environment != nil {
		for name, value := range *in.Environment {
			env = append(env, name+"="+value)
		}
	}
	if in.AddPreviousOutputInEnv == nil || *in.AddPreviousOutputInEnv {
		if previous.Stdout != "" {
			env = append(env, "PULUMI_COMMAND_STDOUT="+previous.Stdout)
		}
		if previous.Stderr != "" {
			env = append(env, "PULUMI_COMMAND_STDERR="+previous.Stderr)
		}
	}
	return env
}
