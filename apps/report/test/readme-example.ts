import { writeReport } from '../src/index.js';

const { file } = await writeReport({ runDirs: ['runs/my-run', 'runs/my-tuning'], out: 'report' });
console.log(`open ${file} in a browser`);
