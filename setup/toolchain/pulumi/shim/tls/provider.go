// Package shim hands on the provider of its parent module, which is an internal package there.
package shim

import "github.com/hashicorp/terraform-provider-tls/internal/provider"

// New returns the upstream Terraform provider.
var New = provider.New
