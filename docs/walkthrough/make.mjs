/** Makes `docs/walkthrough.ipynb` from its source: executes it in Jupyter with the Deno kernel, and keeps its outputs. */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { execute, installJupyter } from './jupyter.mjs';
import { formatNotebook, notebookOf, outputsOf } from './notebook.mjs';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);

const source = readFileSync(pathOf('source.md'), 'utf8');
const executed = await execute(notebookOf(source), pathOf('..'), installJupyter(say), say);
writeFileSync(pathOf('../walkthrough.ipynb'), formatNotebook(notebookOf(source, outputsOf(executed))));
