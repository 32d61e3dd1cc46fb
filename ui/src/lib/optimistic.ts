import { explain } from './api'

/** Optimistic update: shows a value at once; if saving fails, the one before, unless another was chosen meanwhile.
 * Returns why it failed, empty if it did not. */
export async function update<T>(read: () => T, show: (value: T) => void, value: T, save: (value: T) => unknown): Promise<string> {
  const before = read()
  show(value)
  try { await save(value); return '' } catch (error) {
    if (read() === value) show(before)
    return explain(error)
  }
}
