// A backtest in a process of its own, to be killed.
//   node backtest-that-is-killed.mjs RUN SETTINGS
import process from 'node:process';
import { syntheticMarket } from '@fin/data';
import { loadTensorFlow } from '@fin/runtime';
import { backtest } from '../../dist/index.js';

const [runDir, settings] = process.argv.slice(2);
await loadTensorFlow({ backend: 'tensorflow' });
const market = syntheticMarket({ start: '2013-01-02', days: 220, headlinesPerDay: 2, seed: 5 });
await backtest({ market, runDir, settings: JSON.parse(settings), workers: 2 });
