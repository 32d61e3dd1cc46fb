/** Contents of a call as readable fields. */
import type { ActivityView } from '../../lib/api'
import { texts } from '../../texts/activity'
import { texts as common } from '../../texts/common'

type Field = readonly [string, string]

/** Fields of the effect, in the recipient's order. */
export function readEffect(effect: unknown): Field[] | undefined {
  const fields = (effect as { fields?: unknown } | null)?.fields
  return Array.isArray(fields) ? fields.map(([name, value]) => [String(name), String(value)] as const) : undefined
}

/** Arguments by name, nested ones by both names; omitted ones are left out. */
export function flatten(value: unknown, name = ''): Field[] {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length)) return []
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return [[formatName(name), value.join(', ')]]
  if (typeof value !== 'object') return [[formatName(name), typeof value === 'boolean' ? (value ? texts.outcomes.yes : texts.outcomes.no) : String(value)]]
  const inner = Object.entries(value)
  const wrapped = !name && inner.length === 1 && typeof inner[0]![1] === 'object' && !Array.isArray(inner[0]![1])
  return inner.flatMap(([key, item]) => flatten(item, wrapped ? '' : name ? `${name} ${key}` : key))
}

const formatName = (name: string): string => {
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Pretty-prints JSON; other text is returned unchanged. */
export function formatJson(text: string): string {
  try { return JSON.stringify(JSON.parse(text), null, 2) } catch { return text }
}

export function formatOutcome({ outcome, decision }: ActivityView): string {
  return {
    waiting: texts.outcomes.waiting,
    running: common.running,
    done: common.done,
    failed: common.failed,
    refused: decision === 'denied' ? texts.outcomes.deniedByYou : texts.outcomes.denied,
    repeated: texts.outcomes.repeated,
    uncertain: texts.outcomes.uncertain,
  }[outcome]
}

const REASON_IS_COMPLETE = ['allowed', 'denied', 'repeated', 'asked'] // such as "You allowed it once."

/** Decision with its reason: "Refused: it has to be allowed first". */
export function formatDecision({ decision, reason }: ActivityView): string {
  const word = decision.charAt(0).toUpperCase() + decision.slice(1)
  if (!reason) return word
  return !REASON_IS_COMPLETE.includes(decision) ? `${word}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}` : reason
}

/** Title of the effect, by outcome. */
export const formatEffectTitle = ({ outcome }: ActivityView): string => (outcome === 'done' ? texts.outcomes.done : texts.outcomes.notDone)
