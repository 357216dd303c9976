/** How every program of this folder ends: its answer on standard output, or one error on standard error and exit 1. */

/** Runs a program. Open connections do not keep it alive. */
export function run(main: () => Promise<string>): void {
  main().then(
    (answer) => process.stdout.write(answer, () => process.exit(0)),
    (error: unknown) => process.stderr.write(`${(error as Error).message}\n`, () => process.exit(1)),
  );
}
