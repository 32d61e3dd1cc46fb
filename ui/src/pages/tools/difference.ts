/** Difference of two versions of a tool, line by line. */
import type { Tool } from './server'

export type Part = 'title' | 'description' | 'parameters' | 'annotations'
export interface Line { kind: 'same' | 'gone' | 'new'; text: string }

const PARTS: readonly Part[] = ['title', 'description', 'parameters', 'annotations']
const MOST_CELLS = 400_000 // of the table of common lines; longer texts are shown one after the other
const CONTEXT = 2 // lines around a change

/** Text of a part; the order of names in an object is no change. */
function write(value: unknown): string {
  if (typeof value === 'string') return value
  const sort = (_: string, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner
  return JSON.stringify(value, sort, 2) ?? ''
}

export function listChanges(tool: Tool): { part: Part; before: string; now: string }[] {
  const known = tool.before
  if (!known) return []
  return PARTS.map((part) => ({ part, before: write(known[part]), now: write(tool[part]) })).filter(({ before, now }) => before !== now)
}

/** Lines of both texts, in the order of the longest common subsequence. */
function align(before: readonly string[], now: readonly string[]): Line[] {
  const width = now.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = now.length - 1; column >= 0; column--) {
      const at = row * width + column
      lengths[at] = before[row] === now[column] ? lengths[at + width + 1]! + 1 : Math.max(lengths[at + width]!, lengths[at + 1]!)
    }
  }
  const result: Line[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < now.length) {
    const at = row * width + column
    if (row < before.length && before[row] === now[column]) { result.push({ kind: 'same', text: before[row]! }); row++; column++ }
    else if (row < before.length && (column >= now.length || lengths[at + width]! >= lengths[at + 1]!)) result.push({ kind: 'gone', text: before[row++]! })
    else result.push({ kind: 'new', text: now[column++]! })
  }
  return result
}

export function compareTexts(before: string, now: string): Line[] {
  const [old, current] = [before ? before.split('\n') : [], now ? now.split('\n') : []]
  const lines = old.length * current.length <= MOST_CELLS
    ? align(old, current)
    : [...old.map((text) => ({ kind: 'gone', text }) as const), ...current.map((text) => ({ kind: 'new', text }) as const)]
  const near = (index: number) => lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ kind }) => kind !== 'same')
  return lines.flatMap((line, index) => near(index) ? [line] : near(index - 1) || index === 0 ? [{ kind: 'same' as const, text: '…' }] : [])
}
