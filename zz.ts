import { devLike, freePorts, Project } from './tests/integration/project';

(async () => {
  const project = new Project();
  const own = await devLike();
  const [port, prometheus, alertmanager] = await freePorts(3);
  project.configure(own.stack, {
    ...own.config,
    alertWebhookUrl: 'http://127.0.0.1:9/needle',
    monitoring: {
      enabled: true,
      port,
      prometheus: { port: prometheus },
      alertmanager: { port: alertmanager, webhook: true },
    },
  });
  console.log(project.folder, own.stack, port, prometheus, alertmanager);
  const t = Date.now();
  const o = await project.run('up', own.stack);
  console.log((Date.now() - t) / 1000, o.code, o.stdout.slice(-6000), o.stderr.slice(-3000));
  console.log(project.environment.AIPI_HOME);
})();
