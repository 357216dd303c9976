package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// schemaOf generates the package schema when it is first asked for, which only `pulumi import` and code generators do.
// Pulumi's own builds generate theirs beforehand, with the descriptions of Terraform's documentation in it.
func schemaOf(info bridge.ProviderInfo) func() ([]byte, error) {
	info.JavaScript = &bridge.JavaScriptInfo{RespectSchemaVersion: true}
	return sync.OnceValues(func() ([]byte, error) {
		generated, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
			ProviderInfo:    info,
			DiagnosticsSink: diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never}),
			XInMemoryDocs:   true,
		})
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", info.Name, err)
		}
		return json.Marshal(generated.PackageSpec)
	})
}
