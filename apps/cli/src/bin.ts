import process from 'node:process';
import { processIo } from './io/io.js';
import { main } from './main.js';

const code = await main(process.argv.slice(2), processIo());
process.exitCode ||= code; // a failed write has set it already
