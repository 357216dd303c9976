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

// run runs a command, where there is one, and puts what it wrote in the place of what an earlier one wrote.
func run(ctx context.Context, command *string, in Base, out *Output) error {
	if command == nil {
		return nil
	}
	cmd, err := shell(ctx, *command, in)
	if err != nil {
		return err
	}
	cmd.Env = environment(in, *out)

	var stdout, stderr bytes.Buffer
	var both transcript
	log := &lines{each: provider.GetLogger(ctx).InfoStatus}
	to := func(stream Logging, writers ...io.Writer) io.Writer {
		if in.Logging.includes(stream) {
			writers = append(writers, log)
		}
		return io.MultiWriter(writers...)
	}
	cmd.Stdout = to(logStdout, &stdout, &both)
	cmd.Stderr = to(logStderr, &stderr, &both)

	err = cmd.Run()
	log.close()
	if err != nil {
		return fmt.Errorf("%w: running %q:\n%s", err, *command, both.text.String())
	}
	if err := collect(cmd.Dir, in, out); err != nil {
		return err
	}
	out.Stdout = strings.TrimSuffix(stdout.String(), "\n")
	out.Stderr = strings.TrimSuffix(stderr.String(), "\n")
	return nil
}

// shell is the process of a command. Where it is cancelled it is killed at once and alone, as by Pulumi's own: what it
// has started runs on, unless the command put it in its own place with `exec`.
func shell(ctx context.Context, command string, in Base) (*exec.Cmd, error) {
	argv := []string{"/bin/sh", "-c"}
	if in.Interpreter != nil && len(*in.Interpreter) > 0 {
		argv = *in.Interpreter
	}
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], command)...)
	if in.Stdin != nil && *in.Stdin != "" {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}
	if in.Dir != nil {
		cmd.Dir = *in.Dir
		return cmd, nil
	}
	var err error
	cmd.Dir, err = os.Getwd()
	return cmd, err
}

func environment(in Base, previous Output) []string {
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
