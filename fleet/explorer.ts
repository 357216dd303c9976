/** A connection of MQTT Explorer, in the file that its "Import connections" reads: id of a connection to the connection. */

import type { ClientCertificate } from '../certificates/client';

/** Who connects, and where to. */
export interface ExplorerLogin {
  /** What the connection is called, and known by. */
  name: string;
  host: string;
  port: number;
  protocol: 'mqtt' | 'websockets';
  tls: boolean;
  /** Undefined: MQTT Explorer chooses one, so that two people do not push each other out. */
  clientId?: string;
  username: string;
  password: string;
  /** PEM; null without TLS. */
  authority: string | null;
  /** Null where the listener requires none. */
  certificate: Pick<ClientCertificate, 'certificate' | 'privateKey'> | null;
  /** What it subscribes to. */
  topics: readonly string[];
}

/** MQTT Explorer takes a password from nowhere else. */
export function explorerConnection(login: ExplorerLogin): Record<string, object> {
  const { name, host, port, protocol, tls, clientId, username, password, authority, certificate, topics } = login;
  return {
    [name]: {
      configVersion: 1,
      type: 'mqtt',
      id: name,
      name,
      protocol: protocol === 'websockets' ? 'ws' : 'mqtt',
      ...(protocol === 'websockets' && { basePath: 'mqtt' }),
      host,
      port,
      encryption: tls,
      certValidation: true,
      ...(authority !== null && { selfSignedCertificate: file('ca.pem', authority) }),
      ...(certificate && {
        clientCertificate: file('client.pem', certificate.certificate),
        clientKey: file('client.key', certificate.privateKey),
      }),
      ...(clientId !== undefined && { clientId }),
      username,
      password,
      subscriptions: topics.map((topic) => ({ topic, qos: 1 })),
    },
  };
}

function file(name: string, text: string) {
  return { name, data: Buffer.from(text).toString('base64') };
}
