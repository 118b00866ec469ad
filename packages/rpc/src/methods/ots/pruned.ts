/** The error of methods that look for when something began. */
export const PRUNED = {
  code: -32000,
  when: 'it happened before the oldest state that this node keeps',
} as const;
