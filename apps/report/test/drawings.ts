/** Charts that this process has drawn, by the function and its arguments. Clear it to have all drawn anew. */
export const drawings = new Map<string, Promise<unknown>>();
