import { env } from 'node:process';
import type { BackendName } from '../src/index.js';
import { loadTensorFlow } from '../src/index.js';

await loadTensorFlow({ backend: env.FIN_BACKEND as BackendName });
