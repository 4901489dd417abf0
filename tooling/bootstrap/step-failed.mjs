/** A set-up step that could not be done. The message says what to do next; empty when the step has spoken already. */
export class StepFailed extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'StepFailed';
    this.exitCode = exitCode;
  }
}
