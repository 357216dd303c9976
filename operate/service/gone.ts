/** Errors in the form in which Docker's client has them, so that whoever asks need not know of which kind the machine is. */

export class Answer extends Error {
  constructor(
    readonly statusCode: 404 | 409,
    message: string,
  ) {
    super(message);
  }
}
