// `fin` in a process of its own that gets a real signal at a known moment: when it says something on stderr.
//   node fin-that-is-killed.mjs SIGNAL TEXT ARGS...
import process from 'node:process';
import { main } from '../dist/index.js';

const [signal, moment, ...args] = process.argv.slice(2);
let sent = false;
const stderr = {
  write(text) {
    process.stderr.write(text);
    if (sent || !text.includes(moment)) return;
    sent = true;
    process.kill(process.pid, signal);
  },
};
process.exitCode = await main(args, { stdout: process.stdout, stderr });
