import { main } from '../src/index.js';

let text = '';
const code = await main(['data', 'check', '--json'], {
  stdout: { write: (part) => (text += part) },
  stderr: process.stderr,
});
console.log(code, JSON.parse(text).days);
// 0 1384
