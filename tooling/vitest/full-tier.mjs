/** Whether this process runs `npm run test:full` rather than `npm test`. */
export const fullTier = process.env.FIN_TEST_FULL === '1';
