export { ModelNotCachedError, SourceInputError, SourceUnavailableError } from './errors.js';
export type { CachedModel } from './hub/find-model.js';
export { findModel } from './hub/find-model.js';
export { parseSnapshotFolder } from './hub/hub-cache.js';
export type { Environment } from './hub/hub-settings.js';
export type { ModelId } from './hub/model-id.js';
export { parseModelId } from './hub/model-id.js';
export type { PullEvent, PulledFile, PulledModel, PullOptions } from './hub/pull-model.js';
export { pullModel } from './hub/pull-model.js';
