import * as pulumi from '@pulumi/pulumi';

/** Labels in the form that resources of Docker take, always in the same order. */
export function labelList(
  labels: pulumi.Input<Readonly<Record<string, string>>>,
): pulumi.Output<Array<{ label: string; value: string }>> {
  return pulumi.output(labels).apply((known) =>
    Object.entries(known)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, value]) => ({ label, value })),
  );
}
