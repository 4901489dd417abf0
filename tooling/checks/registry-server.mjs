/**
 * A package registry on this machine, for tests of a release: `registry-server.mjs FOLDER`, as a child process with a channel to its parent, which
 * it sends its address. It keeps packages in FOLDER, takes them from anybody, knows no other registry, and ends with its parent.
 */
import { join } from 'node:path';
import process from 'node:process';
import { runServer } from 'verdaccio';

const [folder] = process.argv.slice(2);
const server = await runServer({
  self_path: folder,
  storage: join(folder, 'storage'),
  auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: -1 } },
  uplinks: {},
  packages: { '@fin/*': { access: '$all', publish: '$all' } },
  web: { enable: false },
  log: { type: 'stdout', format: 'pretty', level: 'error' },
});
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}/`));
process.on('disconnect', () => process.exit());
