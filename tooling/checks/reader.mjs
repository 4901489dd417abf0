import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { compile, RESOLUTIONS, strictProject } from './examples.mjs';
import { run } from './run.mjs';

/** Files that examples read, made by example-inputs.mjs. */
const INPUTS = [
  'Sentences_50Agree.txt',
  'sentences.csv',
  'prices.csv',
  'headlines.csv',
  'finbert',
  'all-MiniLM-L6-v2',
  'runs/sentiment/first',
  'runs/my-run',
  'runs/my-tuning',
];

/** Types of Node and a compiler, for the TypeScript form of examples. */
const TYPESCRIPT = ['typescript@7.0.2', '@types/node@20'];

/** The Node that runs this. */
export const thisNode = {
  program: process.execPath,
  remove: () => {},
};

/** Node of another release line, from its npm package. */
export function otherNode(line) {
  const folder = mkdtempSync(join(tmpdir(), 'fin-node-'));
  const name = `node-${process.platform}-${process.arch}`;
  const options = ['--no-audit', '--no-fund', '--prefer-offline'];
  run('npm', ['install', '--prefix', folder, ...options, `${name}@${line}`], folder);
  return {
    program: join(folder, 'node_modules', name, 'bin', 'node'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * A reader's empty project, with the packages that a README names installed from a registry.
 *
 * @param node `thisNode` or the result of `otherNode`
 * @param packages as in the README's `npm install`
 * @param registry the result of `startRegistry`
 */
export function readersProject(node, packages, registry) {
  const folder = mkdtempSync(join(tmpdir(), 'fin-reader-'));
  const path = [dirname(node.program), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path };
  writeFileSync(join(folder, '.npmrc'), registry.npmrc);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'reader', private: true, type: 'module' }),
  );
  run('npm', ['install', ...packages, ...TYPESCRIPT], folder, env);

  const start = (example, form, inputs) => {
    const cwd = join(folder, `${example.name}-${form}`);
    mkdirSync(cwd);
    for (const input of INPUTS) {
      if (example.code.includes(`'${input}`))
        cpSync(join(inputs, input), join(cwd, input), { recursive: true });
    }
    return cwd;
  };
  return {
    folder,
    /** Whether the project got a program that the README calls with npx. */
    hasProgram: (name) => existsSync(join(folder, 'node_modules', '.bin', name)),
    /** Runs an example as a JavaScript module, in a folder with the inputs that it names. */
    runJavaScript(example, inputs) {
      const cwd = start(example, 'mjs', inputs);
      writeFileSync(join(cwd, 'example.mjs'), example.code);
      run(node.program, ['example.mjs'], cwd, env);
    },
    /** Compiles an example in a strict TypeScript project, with each way to resolve modules, and runs the result. */
    runTypeScript(example, inputs) {
      const cwd = start(example, 'ts', inputs);
      writeFileSync(join(cwd, 'example.ts'), example.code);
      for (const resolution of Object.keys(RESOLUTIONS)) {
        writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(strictProject(resolution, ['example.ts'])));
        const complaints = compile('tsconfig.json', cwd);
        if (complaints.length > 0)
          throw new Error(`${example.name}.ts, ${resolution}:\n${complaints.join('\n')}`);
      }
      run(node.program, ['example.js'], cwd, env);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
