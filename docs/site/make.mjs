/** Builds the site of the documentation in `docs/dist`, and fails when a link leads nowhere. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSite } from './build.mjs';

const out = fileURLToPath(new URL('../dist', import.meta.url));
const complaints = await buildSite(out);
for (const each of complaints) process.stderr.write(`${each}\n`);
if (complaints.length > 0) process.exitCode = 1;
else process.stdout.write(`${out}/index.html\n`);
