/** One line on stderr about what the set-up is doing. */
export const say = (text) => process.stderr.write(`fin: ${text}\n`);
