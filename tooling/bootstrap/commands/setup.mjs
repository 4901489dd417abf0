import { ensureBuilt } from '../steps/build.mjs';
import { ensureDependencies } from '../steps/dependencies.mjs';
import { ensureTensorFlow } from '../steps/native.mjs';

/** Everything that is done once on a machine. */
export async function runSetup() {
  await ensureDependencies();
  await ensureBuilt();
  await ensureTensorFlow();
  return 0;
}
