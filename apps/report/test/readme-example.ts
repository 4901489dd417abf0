import { writeReport } from '../src/index.js';

const { file } = await writeReport({ runDir: 'runs/my-run', out: 'report.html' });
console.log(`open ${file} in a browser`);
