import process from 'node:process';
import { processIo } from './io/io.js';
import { main } from './main.js';

process.exitCode = await main(process.argv.slice(2), processIo());
