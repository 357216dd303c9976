/** A server that takes mail by SMTP and keeps it, and asks for a password as real ones do. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

export interface Mail {
  /** As it logged in: user name and password. */
  login: string;
  to: string[];
  /** Headers and body. */
  text: string;
}

/** On this machine alone, where a client may log in without TLS. */
export class MailServer {
  readonly mails: Mail[] = [];
  private readonly server: Server = createServer((socket) => this.serve(socket));

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
  }

  /** Source: RFC 5321, and RFC 4954 for AUTH PLAIN. */
  private serve(socket: Socket): void {
    let mail: Mail = { login: '', to: [], text: '' };
    let login = '';
    let rest = '';
    let isText = false;
    const line = (text: string) => {
      if (isText) {
        if (text !== '.') {
          mail.text += `${text.replace(/^\./, '')}\n`;
          return;
        }
        isText = false;
        this.mails.push(mail);
        mail = { login, to: [], text: '' };
        socket.write('250 taken\r\n');
        return;
      }
      const [verb = ''] = text.toUpperCase().split(/[ :]/);
      if (verb === 'EHLO') socket.write('250-here\r\n250 AUTH PLAIN\r\n');
      else if (verb === 'AUTH') {
        const [, name, password] = Buffer.from(text.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0');
        login = `${name}:${password}`;
        mail.login = login;
        socket.write('235 welcome\r\n');
      } else if (verb === 'DATA') {
        isText = true;
        socket.write('354 go on\r\n');
      } else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else {
        if (verb === 'RCPT') mail.to.push(text.match(/<(.*)>/)?.[1] ?? text);
        socket.write('250 so be it\r\n');
      }
    };
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (data) => {
      const lines = (rest + data).split('\r\n');
      rest = lines.pop() ?? '';
      for (const each of lines) line(each);
    });
    socket.write('220 here\r\n');
  }
}
