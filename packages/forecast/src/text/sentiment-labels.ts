/** The order of the sentiment classes, here and in every file a run writes. */
export const sentimentLabels = ['positive', 'negative', 'neutral'] as const;
