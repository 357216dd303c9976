package local

import "github.com/pulumi/pulumi-go-provider/infer"

// Logging says which of a command's streams appear in the log of the run.
type Logging string

const (
	logStdout          Logging = "stdout"
	logStderr          Logging = "stderr"
	logStdoutAndStderr Logging = "stdoutAndStderr"
	logNone            Logging = "none"
)

// Values lists what a program may ask for.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: string(logStdout), Value: logStdout},
		{Name: string(logStderr), Value: logStderr},
		{Name: string(logStdoutAndStderr), Value: logStdoutAndStderr},
		{Name: string(logNone), Value: logNone},
	}
}

func (l *Logging) includes(stream Logging) bool {
	return l == nil || *l == logStdoutAndStderr || *l == stream
}
