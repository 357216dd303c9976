export async function buildPage(): Promise<{ html: string; contentSecurityPolicy: string }> {
  return { html: '<!doctype html><title>status</title>', contentSecurityPolicy: "default-src 'none'" };
}
