/**
 * The programs of plugins.test.ts: `PLUGINS_PROGRAM` says which one runs, `PLUGINS_ROUND` whether for the first or the
 * second time, `PLUGINS_NAME` what everything on the Docker engine is called.
 */

import { local } from '@pulumi/command';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import * as tls from '@pulumi/tls';

const { PLUGINS_PROGRAM: program = '', PLUGINS_NAME: name = '', PLUGINS_ROUND: round = '1' } = process.env;
const again = round === '2';

const programs: Record<string, () => void> = {
  everything() {
    randomness();
    certificates();
    containers();
    commands();
  },
  failing() {
    command('loud', {
      create: 'echo before; sleep 0.3; echo trouble >&2; exit 3',
      stdin: pulumi.secret('a secret'),
    });
    command('silent', { create: 'echo output; exit 3', logging: 'none' });
    command('elsewhere', { create: 'true', dir: './nowhere' });
  },
  sleeping() {
    command('sleeping', { create: 'echo asleep; sleep 100; echo awake' });
  },
  unreachable() {
    new docker.Volume('volume', { name });
  },
  short() {
    new random.RandomPassword('short', { length: 0 });
  },
  odd() {
    new tls.PrivateKey('odd', { algorithm: 'DSA' });
  },
  mistyped() {
    new docker.Volume('mistyped', { name, labels: 'none' as never });
  },
  nothing() {},
};

programs[program]?.();

function command(of: string, args: local.CommandArgs, options: pulumi.CustomResourceOptions = {}) {
  return new local.Command(of, args, options);
}

function randomness() {
  new random.RandomBytes('bytes', { length: again ? 9 : 8 });
  new random.RandomId('id', { byteLength: 4, prefix: 'a-' });
  new random.RandomInteger('integer', { min: 1_000_000, max: 9_000_000 });
  new random.RandomPassword('password', {
    length: 20,
    special: false,
    keepers: { generation: round },
  });
  new random.RandomString('string', { length: 12, minNumeric: 2 });
  new random.RandomUuid('uuid');
}

function certificates() {
  const key = new tls.PrivateKey('key', { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
  const authority = new tls.SelfSignedCert('authority', {
    privateKeyPem: key.privateKeyPem,
    allowedUses: ['cert_signing'],
    isCaCertificate: true,
    validityPeriodHours: 100,
    subject: { commonName: 'authority' },
  });
  const request = new tls.CertRequest('request', {
    privateKeyPem: key.privateKeyPem,
    subject: { commonName: 'server' },
    dnsNames: ['localhost'],
  });
  new tls.LocallySignedCert('certificate', {
    certRequestPem: request.certRequestPem,
    caPrivateKeyPem: key.privateKeyPem,
    caCertPem: authority.certPem,
    allowedUses: ['server_auth'],
    validityPeriodHours: again ? 20 : 10,
    earlyRenewalHours: again ? 2 : 1,
  });
}

function containers() {
  const image = new docker.RemoteImage('image', { name: `${name}:1`, keepLocally: true });
  const volume = new docker.Volume('volume', { name, labels: [{ label: 'round', value: 'any' }] });
  new docker.Volume('unnamed');
  const network = new docker.Network('network', { name });
  new docker.Container('container', {
    name,
    image: image.imageId,
    command: ['nothing'],
    start: false,
    mustRun: false,
    memory: again ? 64 : 32,
    memorySwap: 128,
    networkMode: 'bridge',
    networksAdvanced: [{ name: network.name }],
    logDriver: 'json-file',
    logOpts: { 'max-size': '1m' },
    envs: [pulumi.secret('PASSWORD=hidden')],
    volumes: [{ volumeName: volume.name, containerPath: '/data' }],
  });
  new docker.Container('replaced', {
    image: image.imageId,
    command: ['nothing'],
    start: false,
    mustRun: false,
    networkMode: 'bridge',
    logDriver: 'json-file',
    labels: [{ label: 'round', value: round }],
  });
}

function commands() {
  command('plain', {
    create: 'printf "made for $WHO\n"; echo warning >&2',
    update: 'printf "%s, then for $WHO\n\n" "$PULUMI_COMMAND_STDOUT"',
    delete: 'printf "%s and %s" "$PULUMI_COMMAND_STDOUT" "$PULUMI_COMMAND_STDERR" >deleted',
    environment: { WHO: again ? 'them' : 'us' },
  });
  command('forgetful', {
    create: 'echo "before: $PULUMI_COMMAND_STDOUT"',
    addPreviousOutputInEnv: false,
    dir: '.',
    interpreter: ['/bin/sh', '-c'],
    environment: { ROUND: round },
  });
  command('secretive', { create: 'wc -c', update: 'cat', stdin: pulumi.secret(`secret ${round}`), logging: 'none' });
  command('marked', { create: 'echo hidden', logging: 'stderr' }, { additionalSecretOutputs: ['stdout'] });
  command('triggered', { create: 'echo made', update: 'echo updated', triggers: [round, { deep: [1] }] });
  command('changed', { create: `echo ${round}` });
  command('undone', { create: 'true', delete: again ? 'echo later >undone' : 'echo early >undone' });
  command('collecting', {
    create: 'mkdir -p made && echo one >made/one.txt && echo two >made/two.txt && echo three >made/three.md',
    assetPaths: ['made/**', '!made/two.txt'],
    archivePaths: ['made/*.txt'],
  });
  command('idle', {});
}
