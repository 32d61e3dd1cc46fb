/** Activity filter in the URL: `#activity/client/my-gpt/end/failed/123` opens call 123. */
import type { ActivityLine } from '../../lib/api'
import { texts } from '../../texts/activity'
import { texts as common } from '../../texts/common'

export type Kind = '' | 'reads' | 'changes'
export type End = '' | 'waiting' | 'done' | 'failed' | 'refused'
export interface Filter { client: string; kind: Kind; end: End; integration: string; search: string }

export const NOTHING: Filter = { client: '', kind: '', end: '', integration: '', search: '' }
export const KINDS: readonly { value: Kind; label: string }[] = [
  { value: '', label: texts.filter.everything }, { value: 'reads', label: texts.filter.reads }, { value: 'changes', label: texts.filter.changes },
]
export const ENDS: readonly { value: End; label: string }[] = [
  { value: '', label: texts.filter.allResults }, { value: 'waiting', label: common.needsApproval }, { value: 'done', label: common.done }, { value: 'failed', label: common.failed }, { value: 'refused', label: common.denied },
]
const OUTCOMES: Record<End, ActivityLine['outcome'][]> = { '': [], waiting: ['waiting'], done: ['done', 'repeated'], failed: ['failed', 'uncertain'], refused: ['refused'] }

const isKind = (word: string): word is Kind => KINDS.some(({ value }) => value === word)
const isEnd = (word: string): word is End => ENDS.some(({ value }) => value === word)

/** Parses the route; unknown parts are ignored. */
export function read(rest: readonly string[]): { filter: Filter; open: number | null } {
  const filter = { ...NOTHING }
  const words = [...rest]
  const open = words.length % 2 ? Number(words.pop()) : Number.NaN
  for (let at = 0; at < words.length; at += 2) {
    const [name, value] = [words[at], words[at + 1] ?? '']
    if (name === 'client' || name === 'integration' || name === 'search') filter[name] = value
    else if (name === 'kind' && isKind(value)) filter.kind = value
    else if (name === 'end' && isEnd(value)) filter.end = value
  }
  return { filter, open: Number.isSafeInteger(open) ? open : null }
}

/** Route of a filter and the open call. */
export function spell(filter: Filter, open: number | null = null): string[] {
  const words = Object.entries(filter).filter(([, value]) => value).flat()
  return open === null ? words : [...words, String(open)]
}

export const isSet = (filter: Filter): boolean => Object.values(filter).some(Boolean)

/** Query parameters of the local API. */
export function toQuery({ client, kind, end, integration, search }: Filter) {
  return {
    ...(client && { client }), ...(kind && { kind }), ...(integration && { integration }), ...(search && { search: search.slice(0, 200) }),
    ...(end && { outcome: OUTCOMES[end] }),
  }
}

/** Returns true if a running call matches the filter; its outcome is still unknown. */
export function fits(filter: Filter, entry: { client: string; changes: boolean; integration: string | null }): boolean {
  return !filter.end && !filter.search && (!filter.client || filter.client === entry.client)
    && (!filter.integration || filter.integration === entry.integration) && (!filter.kind || (filter.kind === 'changes') === entry.changes)
}
