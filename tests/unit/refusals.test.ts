/** The proof as a thing that can fail: what a broker answers, and what becomes of the claim. */

import { EventEmitter } from 'node:events';
import type { MqttClient } from 'mqtt';
import { check, Disproved } from '../../operate/checks/check';
import { refusedCertificate } from '../../operate/checks/clientCertificates';
import { sessions } from '../../operate/checks/identity';
import { certificateLogin, crowds, logins, outsiders, refused, strangers } from '../../operate/checks/logins';
import { lasting } from '../../operate/checks/serverCertificate';
import { type Dial, type Login, Refusal } from '../../operate/client';
import { cause } from '../../operate/connectionErrors';

/** A connection that answers whatever it is asked. */
class Client extends EventEmitter {
  ended = false;
  end(): void {
    this.ended = true;
  }
  async unsubscribeAsync(): Promise<void> {}
}

const clients: Client[] = [];
beforeEach(() => {
  clients.length = 0;
});
afterEach(() => {
  expect(clients.filter(({ ended }) => !ended)).toEqual([]);
});

function letIn(): MqttClient {
  const client = new Client();
  clients.push(client);
  return client as unknown as MqttClient;
}

function refusalOf(code: string | number): Refusal {
  const origin = Object.assign(new Error('as the library says it'), { code });
  return new Refusal(cause(origin), origin);
}

const open: Dial = async () => letIn();
const closed = (code: string | number): Dial => {
  return async () => {
    throw refusalOf(code);
  };
};
/** Lets in whoever has the right password. */
const guarded: Dial = async ({ username, password }) => {
  if (username === 'pi' && password === 'right') return letIn();
  throw refusalOf(135);
};
const pi = { username: 'pi', password: 'right', rules: [] };
const okOf = async (results: ReturnType<typeof strangers>) => (await Promise.all(results)).map(({ ok }) => ok);

describe('check', () => {
  it('says what was seen, whether the claim holds or not', async () => {
    expect(await check('claim', async () => 'seen')).toMatchObject({ check: 'claim', ok: true, detail: 'seen' });
    const disproved = async () => {
      throw new Disproved('another thing');
    };
    expect(await check('claim', disproved)).toMatchObject({ check: 'claim', ok: false, detail: 'another thing' });
  });
});

describe('refused', () => {
  it.each([134, 135])('holds by the word %d of the broker', async (code) => {
    expect(await refused('claim', closed(code), {})).toMatchObject({ ok: true, detail: 'not authorized' });
  });

  it('holds by a word about the certificate', async () => {
    expect(await refused('claim', closed('ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'), {})).toMatchObject({
      ok: true,
      detail: 'refused by the broker: the certificate is revoked',
    });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'CERT_HAS_EXPIRED', 136, 5])(
    'is disproved by %s: a broker that is away refuses nobody',
    async (code) => {
      expect((await refused('claim', closed(code), {})).ok).toBe(false);
    },
  );

  it('is disproved by a broker that lets in', async () => {
    expect(await refused('claim', open, {})).toMatchObject({ ok: false, detail: 'was let in' });
  });
});

describe('refusedCertificate', () => {
  const login = async () => ({});

  it('holds by a word about the certificate alone', async () => {
    const said = await refusedCertificate('claim', closed('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), login);
    expect(said).toMatchObject({ ok: true, detail: 'refused by the broker: the certificate is of another authority' });
    for (const code of [134, 135, 'ECONNRESET', 'ECONNREFUSED']) {
      expect((await refusedCertificate('claim', closed(code), login)).ok).toBe(false);
    }
  });

  it('is disproved by a broker that lets in', async () => {
    expect(await refusedCertificate('claim', open, login)).toMatchObject({ ok: false, detail: 'was let in' });
  });
});

describe('who gets in', () => {
  it('is proved of a broker that asks for the password', async () => {
    expect(await okOf(strangers('mqtt', guarded))).toEqual([true, true]);
    expect(await okOf(logins('mqtt', guarded, pi))).toEqual([true, true]);
    expect(await okOf(outsiders('mqtt', guarded, [{ ...pi, username: 'other' }]))).toEqual([true]);
  });

  it('is disproved by a broker that asks nobody', async () => {
    expect(await okOf(strangers('mqtt', open))).toEqual([false, false]);
    expect(await okOf(logins('mqtt', open, pi))).toEqual([true, false]);
    expect(await okOf(outsiders('mqtt', open, [pi]))).toEqual([false]);
  });

  it('is disproved by a broker that lets nobody in', async () => {
    expect(await okOf(logins('mqtt', closed(135), pi))).toEqual([false, true]);
    expect((await certificateLogin('mqtt', closed('ECONNRESET'), pi)).ok).toBe(false);
  });

  it('tries strangers without a name, and with one that nobody has', async () => {
    const tried: Login[] = [];
    const noting: Dial = async (login) => {
      tried.push(login);
      throw refusalOf(135);
    };
    await Promise.all(strangers('mqtt', noting));
    expect(tried[0]).toEqual({});
    expect(tried[1]?.username).toMatch(/^stranger-[0-9a-f]{8}$/);
  });
});

describe('crowds', () => {
  it('holds where three connections stand at once', async () => {
    expect(await crowds('mqtt', open, pi)).toMatchObject({ ok: true, detail: '3 at once' });
  });

  it('is disproved where one of them is lost', async () => {
    const lost: Dial = async () => {
      const client = letIn();
      if (clients.length === 2) client.unsubscribeAsync = () => Promise.reject(new Error('connection closed'));
      return client;
    };
    expect(await crowds('mqtt', lost, pi)).toMatchObject({ ok: false, detail: 'connection closed' });
  });
});

describe('sessions', () => {
  const thief = { username: 'thief', password: 'own', rules: [] };

  it('is disproved where the connection of the owner ends', async () => {
    const dial: Dial = async ({ username }) => {
      if (username === 'thief') for (const client of clients) client.emit('close');
      return letIn();
    };
    expect(await sessions('mqtt', dial, pi, thief)).toMatchObject({
      ok: false,
      detail: 'the connection was taken over',
    });
  });

  it('is disproved where the session is gone', async () => {
    expect(await sessions('mqtt', open, pi, thief)).toMatchObject({ ok: false, detail: 'the session was emptied' });
  });
});

describe('lasting', () => {
  const day = 86_400_000;
  const at = (days: number) => new Date(Date.now() + days * day).toISOString();
  const proved = async (begins: number, ends: number) => {
    const terms = { server: { fingerprint: 'f', notBefore: at(begins), notAfter: at(ends) } };
    const [result] = await Promise.all(lasting({ terms } as never));
    return result;
  };

  it('holds from the beginning to the end', async () => {
    expect(await proved(-1, 10)).toMatchObject({ check: 'certificate server is valid', ok: true });
    expect((await proved(-10, -1))?.detail).toMatch(/^has expired at /);
    expect(await proved(1, 10)).toMatchObject({ ok: false, detail: expect.stringMatching(/^begins at .*clocks$/) });
  });
});
