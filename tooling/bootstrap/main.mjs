/**
 * What `npm run demo`, `npm test`, `npm run setup` and `npm run fin` do before and around their real work. Plain Node
 * without dependencies, because on a fresh clone there are none yet. All of it speaks on stderr; stdout belongs to the command.
 *
 *   dependencies (pnpm) ──> build (turbo, tsc) ──> native TensorFlow (fin-runtime install) ──> the command
 *
 * Every step looks first whether its work is done already, so that a second run does nothing twice.
 */
import process from 'node:process';
import { runDemo } from './commands/demo.mjs';
import { runFin } from './commands/fin.mjs';
import { runSetup } from './commands/setup.mjs';
import { runFullTests, runTests } from './commands/test.mjs';
import { StepFailed } from './step-failed.mjs';
import { checkNodeVersion } from './steps/node-version.mjs';

const commands = { demo: runDemo, fin: runFin, setup: runSetup, test: runTests, 'test:full': runFullTests };

const [name, ...args] = process.argv.slice(2);
try {
  checkNodeVersion();
  const command = commands[name];
  if (!command)
    throw new StepFailed(`unknown command "${name ?? ''}": one of ${Object.keys(commands).join(', ')}`, 2);
  process.exitCode = await command(args);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  if (error.message) console.error(error.message);
  process.exitCode = error.exitCode;
}
