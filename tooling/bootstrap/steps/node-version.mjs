import process from 'node:process';
import { StepFailed } from '../step-failed.mjs';

/** Oldest Node release line this workspace is tested on. */
const OLDEST_NODE = 20;

export function checkNodeVersion() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    throw new StepFailed(
      `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE}, 22 or 24, then try again.`,
    );
  }
}
