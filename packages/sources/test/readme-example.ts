import { findModel, pullModel } from '../src/index.js';

const pulled = await pullModel('ProsusAI/finbert', {
  onEvent: (event) => {
    if (event.kind === 'progress') console.log(`${event.path}: ${event.done} of ${event.total} bytes`);
  },
});
console.log(pulled.dir, pulled.commit); // a folder in Hugging Face's layout, and the commit that `main` names

const found = await findModel('ProsusAI/finbert'); // later: from the cache alone, without the network
console.log(found.dir === pulled.dir); // true
