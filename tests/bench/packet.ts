/** The few packets of MQTT 5 that a device needs. Source: MQTT 5.0, chapters 2 and 3. */

export const types = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;

export interface Login {
  clientId: string;
  username?: string;
  password?: string;
  /** Seconds that the broker keeps the session. */
  sessionExpirySeconds: number;
}

export interface Packet {
  type: number;
  flags: number;
  body: Buffer;
}

/** The session goes on where there is one. */
export function connect({ clientId, username, password, sessionExpirySeconds }: Login): Buffer {
  const flags = (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const expiry = Buffer.alloc(4);
  expiry.writeUInt32BE(sessionExpirySeconds);
  return packet(
    0x10,
    text('MQTT'),
    Buffer.from([5, flags]),
    uint16(keepAliveSeconds),
    Buffer.from([5, 0x11]),
    expiry,
    ...[clientId, username, password].filter((each) => each !== undefined).map(text),
  );
}

/** Long enough for no client to need a ping, unless a measurement of minutes is silent. */
const keepAliveSeconds = 600;

export function publish(id: number, topic: string, payload: string): Buffer {
  return packet(0x32, text(topic), uint16(id), noProperties, Buffer.from(payload));
}

export function puback(id: number): Buffer {
  return packet(0x40, uint16(id));
}

export function subscribe(id: number, filter: string): Buffer {
  return packet(0x82, uint16(id), noProperties, text(filter), Buffer.from([1]));
}

/** What a PUBLISH with QoS 1 carries. */
export function published({ body }: Packet): { id: number; topic: string; payload: string } {
  const end = 2 + body.readUInt16BE(0);
  const [length, start] = variable(body, end + 2) ?? [0, end + 2];
  return {
    id: body.readUInt16BE(end),
    topic: body.toString('utf8', 2, end),
    payload: body.toString('utf8', start + length),
  };
}

/** Whole packets at the beginning of what was received, and the rest. */
export function packets(received: Buffer): { whole: Packet[]; rest: Buffer } {
  const whole: Packet[] = [];
  let rest = received;
  for (;;) {
    const [length, start] = variable(rest, 1) ?? [Number.POSITIVE_INFINITY, 0];
    if (rest.length < start + length) return { whole, rest };
    const first = rest.readUInt8(0);
    whole.push({ type: first >> 4, flags: first & 0x0f, body: rest.subarray(start, start + length) });
    rest = rest.subarray(start + length);
  }
}

const noProperties = Buffer.from([0]);

function packet(first: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; left > 0 || length.length === 0; left >>= 7) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

/** A variable byte integer and where it ends; undefined where it is not complete. */
function variable(buffer: Buffer, at: number): [value: number, end: number] | undefined {
  let value = 0;
  for (let each = 0; at + each < buffer.length; each += 1) {
    const byte = buffer[at + each] ?? 0;
    value += (byte & 0x7f) << (7 * each);
    if (byte < 0x80) return [value, at + each + 1];
  }
  return undefined;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
