/**
 * Gives tfjs its gradients. tfjs-core's own Node entry leaves them out, and the module that registers them
 * (`dist/register_all_gradients.js`) is ESM in a package that Node takes for CommonJS. tfjs-layers carries them in its bundle and
 * registers them, in tfjs's process-wide registry, when it is loaded; nothing else of it is used here.
 */
import '@tensorflow/tfjs-layers';
