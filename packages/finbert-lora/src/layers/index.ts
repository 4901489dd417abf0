export type { Part } from './container.js';
export { Container } from './container.js';
export type { ForwardMode, ForwardOptions } from './forward-mode.js';
export type { LinearAdapter } from './linear-layer.js';
export { LinearLayer } from './linear-layer.js';
