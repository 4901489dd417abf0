// `fin` in a process of its own that is killed at a moment of its writing: before or after the N-th call of a function that
// writes in FOLDER. N = 0 kills nothing and prints how many such moments there are on stderr.
//   node killed-at-call.mjs N FOLDER ARGS...
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

const [at, folder, ...args] = process.argv.slice(2);
let moments = 0;
const moment = () => {
  moments++;
  if (moments === Number(at)) process.kill(process.pid, 'SIGKILL');
};
for (const name of ['open', 'rename', 'rm', 'mkdir', 'rmdir', 'unlink', 'writeFile', 'link', 'truncate']) {
  const original = fs.promises[name];
  fs.promises[name] = async (path, ...rest) => {
    const counts = `${path}`.startsWith(folder);
    if (counts) moment();
    const result = await original(path, ...rest);
    if (counts) moment();
    return result;
  };
}
syncBuiltinESMExports();

const { main } = await import('../dist/index.js');
process.exitCode = await main(args, { stdout: { write() {} }, stderr: process.stderr });
if (at === '0') process.stderr.write(`moments ${moments}\n`);
