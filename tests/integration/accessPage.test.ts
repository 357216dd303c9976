import { TestBrowser } from './browser';

jest.setTimeout(600_000);
test('x', async () => {
  const t = Date.now();
  await TestBrowser.prepare();
  console.log('prepared', Date.now() - t);
  const b = await TestBrowser.start();
  console.log('started', Date.now() - t, await b.browser.version());
  await b.end();
  console.log('ended', Date.now() - t);
});
