/** Where mail goes, as a stack file says it. */

/** What is wrong with an address, or `undefined` when a mail can go there. */
export function mailProblem(address: string): string | undefined {
  return /^[^\s@<>",;:]+@[^\s@<>",;:]+$/.test(address)
    ? undefined
    : 'is no address of mail; write one such as "operator@example.org"';
}

/** What is wrong with the server that takes mail, or `undefined` when it can be one. */
export function smarthostProblem(address: string): string | undefined {
  const port = Number(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(address)?.[1]);
  return port >= 1 && port <= 65_535
    ? undefined
    : 'is no server with its port; write one such as "smtp.example.org:587"';
}
