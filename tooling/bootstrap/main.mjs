/**
 * The npm scripts of the workspace's root. Plain Node without dependencies, because a fresh clone has none yet.
 *
 *   dependencies (pnpm) ──> build of @fin/runtime ─┬─> build of the rest (turbo, tsc) ─┬─> the command
 *                                                  └─> native TensorFlow (fin install) ┘
 *
 * Each step first checks whether its work is already done, so that a second run repeats nothing.
 */
import process from 'node:process';
import {
  runBench,
  runBuild,
  runDocs,
  runFin,
  runPeers,
  runSetup,
  runWalkthrough,
} from './commands/setup.mjs';
import { runDemo, runReport, runStudy, runTrain } from './commands/study.mjs';
import { runFullTests, runTests } from './commands/test.mjs';
import { isSupportedNode } from './node-version.mjs';
import { StepFailed } from './step.mjs';

const commands = {
  setup: runSetup,
  build: runBuild,
  demo: runDemo,
  study: runStudy,
  train: runTrain,
  report: runReport,
  test: runTests,
  'test:full': runFullTests,
  bench: runBench,
  'bench:peers': runPeers,
  docs: runDocs,
  walkthrough: runWalkthrough,
  fin: runFin,
};

const [name, ...args] = process.argv.slice(2);
try {
  if (!isSupportedNode(process.versions.node)) {
    throw new StepFailed(
      `Node ${process.versions.node} is too old: install Node 20 (from 20.19), 22 (from 22.12) or 24, then try again.`,
    );
  }
  const command = commands[name];
  if (!command)
    throw new StepFailed(`unknown command "${name ?? ''}": one of ${Object.keys(commands).join(', ')}`, 2);
  process.exitCode = await command(args);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  if (error.message) console.error(error.message);
  process.exitCode = error.exitCode;
}
