/** A review as data: the form that `npm run review -- STACK --json` prints, described by review.schema.json. */

import { z } from 'zod';
import { levels } from './levelNames';

const names = z.array(z.string());
const change = { before: z.string().nullable(), after: z.string().nullable() };

const accessChange = z.strictObject({
  kind: z.enum(['account', 'role', 'devices']).describe('Whose access it is'),
  name: z.string().describe('Account or role; for devices that change their role "FROM -> TO"'),
  change: z.enum(['gained', 'lost']),
  access: z.enum(['read', 'write', 'readwrite']),
  topic: z.string().describe('Topic filter; {id} stands for the id of a device'),
  partly: z.boolean().describe('Whether it is only a part of what the filter matches'),
  example: z.string().describe('A topic that it is about'),
});

const devices = z.strictObject({
  before: z.int().nullable().describe('How many there were; null where that is unknown'),
  after: z.int(),
  added: names,
  revoked: names,
  rotated: names.describe('Out until they have their new password'),
  reassigned: z.array(z.strictObject({ id: z.string(), from: z.string(), to: z.string() })),
});

const engineStep = z.strictObject({
  operation: z.string().describe("The engine's own word, such as create, update, replace or delete"),
  type: z.string(),
  name: z.string(),
  properties: names.describe('Names of the inputs that differ'),
  protected: z.boolean(),
});

export const reviewForm = z.strictObject({
  version: z.literal(1),
  stack: z.string(),
  against: z.strictObject({
    source: z.enum(['state', 'base', 'nothing']).describe('State of the stack, base revision, or nothing deployed yet'),
    base: z.string().nullable().describe('Commit that was named as the base'),
    isBaseDeployed: z
      .boolean()
      .nullable()
      .describe('Whether the base says what is deployed; null where that is unknown'),
  }),
  verdict: z.strictObject({
    sentence: z.string(),
    isChange: z.boolean(),
    refused: names.describe('Why an update would be refused'),
    disconnected: z
      .enum(['nobody', 'some', 'everybody', 'unknown'])
      .describe('Unknown where the list of the devices that were deployed is'),
    seconds: z.number().nullable().describe('How long everybody is away, about'),
    because: names,
    who: names.describe('Devices and accounts that are disconnected, where it is not everybody'),
  }),
  access: z.array(accessChange),
  accounts: z.strictObject({ added: names, removed: names, rotated: names }),
  devices: devices.nullable().describe('Null where no listener is for devices'),
  reach: names.describe('Who can reach what from now on, and who no longer can'),
  listeners: z.strictObject({
    added: names,
    removed: names,
    changed: z.array(z.strictObject({ name: z.string(), what: names })),
  }),
  certificates: z.strictObject({
    list: z.array(
      z.strictObject({
        name: z.string(),
        daysLeft: z.int().nullable().describe('Null where it is unknown, or not made yet'),
        outcome: z.enum(['stays', 'made', 'renewed', 'replaced', 'retired']),
        warning: z.string().nullable(),
      }),
    ),
    steps: names.describe('What becomes of authorities, a step of a rollover each'),
  }),
  image: z.strictObject(change).nullable(),
  settings: z.array(z.strictObject({ key: z.string(), ...change })),
  live: names.describe('What the container gets while it runs'),
  irreversible: names,
  bundles: names.describe('Why devices need new bundles'),
  levels: z.array(z.strictObject({ level: z.enum(levels), because: names, fails: z.boolean() })),
  unknown: names.describe('What cannot be known from where the review was made'),
  drift: names.nullable().describe('What others have changed; null where nobody looked'),
  engine: z.strictObject({
    steps: z.array(engineStep).nullable().describe("The engine's own preview; null where there is none"),
    why: z.string().nullable().describe('Why there is none'),
  }),
});

export type Review = z.infer<typeof reviewForm>;
export type AccessChange = z.infer<typeof accessChange>;
export type DeviceChange = z.infer<typeof devices>;
export type EngineStep = z.infer<typeof engineStep>;
