/** Answers of a Docker engine that break off in their middle. */

import type { Agent, ClientRequest } from 'node:http';

interface Requests {
  addRequest(request: ClientRequest, ...others: unknown[]): void;
}

/**
 * Lets every request of an agent fail whose answer breaks off: docker-modem waits for the end of an answer alone, which
 * then never comes.
 */
export function heeding<Each extends Agent>(agent: Each): Each {
  // What Node hands each request to; its type declarations do not say so.
  const requests = agent as unknown as Requests;
  const add = requests.addRequest.bind(agent);
  requests.addRequest = (request, ...others) => {
    request.once('response', (answer) => answer.once('error', (error) => request.emit('error', error)));
    add(request, ...others);
  };
  return agent;
}
