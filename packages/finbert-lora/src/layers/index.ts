export type { LinearAdapter, LinearBase } from './layers.js';
export { LinearLayer } from './layers.js';
export type { ForwardMode, ForwardOptions, Part } from './part.js';
export { Container } from './part.js';
