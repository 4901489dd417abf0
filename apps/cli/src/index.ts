export type { Io } from './io/io.js';
export { main } from './main.js';
