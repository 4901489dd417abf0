/**
 * Text of the packages' CHANGELOG.md, as changesets asks for it: each change in its own words, and one line for the packages that changed with it.
 */
module.exports = {
  async getReleaseLine({ summary }) {
    const [first, ...rest] = summary.trim().split('\n');
    return [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
  },
  async getDependencyReleaseLine(_changesets, updated) {
    if (updated.length === 0) return '';
    return `- Uses ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(', ')}.`;
  },
};
