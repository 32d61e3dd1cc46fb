/** The contents of a call, as fields that people can read. */
import type { ActivityView } from '../../lib/local'

type Field = readonly [string, string]

/** The Effect's own fields, in the order in which the recipient would see them. */
export function readEffect(effect: unknown): Field[] | undefined {
  const fields = (effect as { fields?: unknown } | null)?.fields
  return Array.isArray(fields) ? fields.map(([name, value]) => [String(name), String(value)] as const) : undefined
}

/** Arguments by their names; those inside of others by both, and what was left out not at all. */
export function flatten(value: unknown, name = ''): Field[] {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length)) return []
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return [[sayName(name), value.join(', ')]]
  if (typeof value !== 'object') return [[sayName(name), typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)]]
  const inner = Object.entries(value)
  const wrapped = !name && inner.length === 1 && typeof inner[0]![1] === 'object' && !Array.isArray(inner[0]![1])
  return inner.flatMap(([key, one]) => flatten(one, wrapped ? '' : name ? `${name} ${key}` : key))
}

const sayName = (name: string): string => {
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** An answer with its structure, where it is JSON. */
export function lay(text: string): string {
  try { return JSON.stringify(JSON.parse(text), null, 2) } catch { return text }
}

export function sayEnd({ outcome, changes, decision }: ActivityView): string {
  return {
    waiting: 'It waits for your word, under Approvals; nothing has been done.',
    running: 'It runs at this moment.',
    done: changes ? 'It was done.' : 'It was answered.',
    failed: 'It was tried, and failed.',
    refused: decision === 'denied' ? 'You said no; nothing was done.' : 'It was refused; nothing was done.',
    repeated: 'It had been called before; nothing was done again.',
    uncertain: 'Nobody knows whether it was done.',
  }[outcome]
}

const TOLD_BY_REASON = ['allowed', 'denied', 'repeated', 'asked'] // "You allowed it once." says it all

/** What was decided, and why: "Refused: it has to be allowed first". */
export function sayDecision({ decision, reason }: ActivityView): string {
  const word = decision.charAt(0).toUpperCase() + decision.slice(1)
  if (!reason) return word
  return !TOLD_BY_REASON.includes(decision) ? `${word}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}` : reason
}

/** What its fields are, by how it ended. */
export const sayEffect = ({ outcome }: ActivityView): string => (outcome === 'done' ? 'What it did, word for word' : 'What it was to do, word for word')
