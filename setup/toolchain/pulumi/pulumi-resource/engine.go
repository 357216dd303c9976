package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/client"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// sshHost is what Docker's library calls each engine that is reached over SSH. Nobody asks these whether they are there.
const sshHost = "http://docker.example.com"

// settings are those of the docker provider that say where the engine is, and the variables that stand for them.
var settings = map[string]string{
	"host":         "DOCKER_HOST",
	"caMaterial":   "DOCKER_CA_MATERIAL",
	"certMaterial": "DOCKER_CERT_MATERIAL",
	"keyMaterial":  "DOCKER_KEY_MATERIAL",
	"certPath":     "DOCKER_CERT_PATH",
}

func usualHost(context.Context, bridge.ComputeDefaultOptions) (any, error) {
	return client.DefaultDockerHost, nil
}

// engineConfig is what the stack says of the engine, and what the environment says where the stack is silent.
func engineConfig(variables map[string]string) map[string]string {
	config := map[string]string{}
	for name, variable := range settings {
		if value := os.Getenv(variable); value != "" {
			config[name] = value
		}
	}
	for name, value := range variables {
		config[strings.TrimPrefix(name, "docker:config:")] = value
	}
	return config
}

// engineHost finds the address of an engine that answers: the one that is asked for, else the usual one, else one of
// Docker Desktop's.
func engineHost(ctx context.Context, config map[string]string) (string, error) {
	hosts := []string{config["host"]}
	if _, explicit := config["host"]; !explicit {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		hosts = []string{
			client.DefaultDockerHost,
			"unix://" + home + "/.docker/run/docker.sock",
			"unix://" + home + "/.docker/desktop/docker.sock",
		}
	}
	for _, host := range hosts {
		engine, err := engineClient(config, host)
		if err != nil {
			return "", err
		}
		if engine.DaemonHost() == sshHost {
			return sshHost, nil
		}
		if _, err := engine.Ping(ctx); err == nil {
			return engine.DaemonHost(), nil
		}
	}
	return "", errors.New("failed to connect to any docker daemon")
}

func engineClient(config map[string]string, host string) (*client.Client, error) {
	options := []client.Opt{client.FromEnv, client.WithAPIVersionNegotiation()}
	var address []client.Opt
	if host != "" {
		address = []client.Opt{client.WithHost(host)}
	}
	material := []string{config["caMaterial"], config["certMaterial"], config["keyMaterial"]}
	path := config["certPath"]
	switch {
	case strings.Join(material, "") != "":
		secured, err := securedClient(material, path)
		if err != nil {
			return nil, err
		}
		// Here the environment's host wins.
		options = slices.Concat([]client.Opt{client.WithHTTPClient(secured)}, address, options)
	case path != "":
		file := func(name string) string { return filepath.Join(path, name) }
		options = append(options, client.WithTLSClientConfig(file("ca.pem"), file("cert.pem"), file("key.pem")))
		options = append(options, address...)
	default:
		helper, err := sshHelper(config, host)
		if err != nil {
			return nil, err
		}
		if helper != nil {
			address = []client.Opt{client.WithHost(helper.Host), client.WithDialContext(helper.Dialer)}
		}
		options = append(options, address...)
	}
	return client.NewClientWithOpts(options...)
}

func sshHelper(config map[string]string, host string) (*connhelper.ConnectionHelper, error) {
	var flags []string
	if text, ok := config["sshOpts"]; ok {
		if err := json.Unmarshal([]byte(text), &flags); err != nil {
			return nil, err
		}
	}
	return connhelper.GetConnectionHelperWithSSHOpts(host, flags)
}

func securedClient(material []string, path string) (*http.Client, error) {
	if slices.Contains(material, "") {
		return nil, errors.New("certMaterial, keyMaterial, and caMaterial must all be specified")
	}
	if path != "" {
		return nil, errors.New("when using raw certificates, certPath must not be specified")
	}
	pair, err := tls.X509KeyPair([]byte(material[1]), []byte(material[2]))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(material[0])) {
		return nil, errors.New("could not add RootCA pem")
	}
	return &http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{pair},
			RootCAs:      roots,
		},
	}}, nil
}
