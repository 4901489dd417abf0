export type { FileContent } from './atomic-file.js';
export {
  makeFolder,
  removeAtomically,
  syncFolder,
  TEMPORARY_NAME,
  temporaryPath,
  writeFileAtomically,
} from './atomic-file.js';
export { requireEmptyFolder, writeFolderAtomically } from './atomic-folder.js';
export { asFileWriteError, DamagedFileError, FileInputError, FileWriteError } from './errors.js';
export type { FolderLock } from './folder-lock.js';
export { FolderLockedError, isLockFile, lockFolder } from './folder-lock.js';
export { listFiles } from './list-files.js';
export type { ManifestFile, ManifestOptions } from './manifest.js';
export {
  hasManifest,
  MANIFEST_NAME,
  readManifest,
  replaceManifestEntry,
  verifyManifest,
  writeManifest,
} from './manifest.js';
export { openRegularFile, readRegularFileSync, readStoredText } from './regular-file.js';
