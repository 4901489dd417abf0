import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('./registry-server.mjs', import.meta.url));

/** Starts a registry on this machine: its address, the text of an .npmrc that takes `@fin` packages from it, and a function that ends it. */
export async function startRegistry() {
  const folder = mkdtempSync(join(tmpdir(), 'fin-registry-'));
  const server = fork(SERVER, [folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const address = await Promise.race([
    once(server, 'message').then(([message]) => message),
    once(server, 'exit').then(([code]) => Promise.reject(new Error(`the registry ended with ${code}`))),
  ]);
  // npm publishes with a token only; this registry looks at none.
  const npmrc = [
    `@fin:registry=${address}`,
    `${address.replace('http:', '')}:_authToken=none`,
    'audit=false',
    'fund=false',
    'update-notifier=false',
    'prefer-offline=true',
    '',
  ].join('\n');
  return {
    address,
    npmrc,
    async stop() {
      server.kill();
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
