import { planRefusal } from '../../commands/stack/updatePlan';

const old = '3.259.0';
const refusal =
  'is refused: where an update differs from its plan, Pulumi 3.259.0 prints the secrets in clear; put Pulumi 3.262.0 or ' +
  'newer on PATH (https://www.pulumi.com/docs/install), or leave it out';

it.each([
  [['--plan', 'plan.json'], '--plan'],
  [['--diff', '--plan=plan.json'], '--plan'],
  [['--plan=0'], '--plan'],
  [['--strict'], '--strict'],
  [['--strict=true'], '--strict'],
])('refuses %j', (words, named) => {
  expect(planRefusal(['up', ...words], {}, old)).toBe(`${named} ${refusal}`);
});

it.each(['preview', 'destroy'])('refuses --plan at %s, too', (operation) => {
  expect(planRefusal([operation, '--plan=plan.json'], {}, old)).toBe(`--plan ${refusal}`);
});

it.each([
  ['up', 'PULUMI_OPTION_PLAN', 'plan.json'],
  ['update', 'PULUMI_OPTION_PLAN', 'plan.json'],
  ['up', 'PULUMI_OPTION_STRICT', 'true'],
  ['up', 'PULUMI_OPTION_STRICT', '1'],
])('refuses at %s what the engine reads from %s=%s', (operation, name, value) => {
  expect(planRefusal(['--stack', 'dev', operation], { [name]: value }, old)).toBe(`${name} ${refusal}`);
});

it.each([
  ['preview', [], { PULUMI_OPTION_PLAN: 'plan.json' }],
  ['up', [], { PULUMI_OPTION_PLAN: '', PULUMI_OPTION_STRICT: 'false' }],
  ['up', ['--planet', '--plan=', '--strict=False'], {}],
  ['preview', ['--save-plan', 'plan.json'], {}],
])('allows %s %j with %j', (operation, words, environment) => {
  expect(planRefusal([operation, ...words], environment, old)).toBeUndefined();
});

it.each([
  ['3.261.9', false],
  ['3.262.0', true],
  ['3.263.1', true],
  ['3.1000.0', true],
  ['4.0.0', true],
  ['2.999.0', false],
])('an engine of version %s keeps the secrets: %s', (version, keeps) => {
  expect(planRefusal(['up', '--plan', 'plan.json'], {}, version) === undefined).toBe(keeps);
});
