// Pulls a model in a process of its own, with the settings of the environment: node pull-worker.mjs NAME
import process from 'node:process';
import { pullModel } from '../dist/index.js';

const { commit, files } = await pullModel(process.argv[2], {
  onEvent: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
});
process.stdout.write(JSON.stringify({ commit, fetched: files.filter(({ fetched }) => fetched).length }));
