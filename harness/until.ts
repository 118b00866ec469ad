/** Milliseconds between two looks at a condition. */
const INTERVAL_MS = 20;

/**
 * Waits until `condition` no longer throws, and returns what it returned. After `timeoutMs` it throws the condition's
 * last error. This is the only place that waits for time to pass; tests and benchmarks wait for conditions.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await condition();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }
}
