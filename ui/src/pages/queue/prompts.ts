/** Prompts of the queue, as the pages use them. */
import { unwrap, api, type QueuePrompt, type QueuePromptDetails } from '../../lib/api'
import { texts } from '../../texts/queue'
import { makeVisible } from '../../lib/visible'

export const GROUPS = ['all', 'waiting', 'running', 'uncertain', 'done', 'failed', 'dead'] as const
export interface PromptFilter { group: (typeof GROUPS)[number]; chat: string; query: string }
export const NO_FILTER: PromptFilter = { group: 'all', chat: '', query: '' }
export const PAGE = 100 // rows of one request
const RUNS = new Set(['leased', 'executing'])
const ENDED = new Set(['done', 'failed', 'cancelled'])

export const isFiltered = ({ group, chat, query }: PromptFilter): boolean => group !== 'all' || chat !== '' || query !== ''
export const hasEnded = ({ state }: QueuePrompt): boolean => ENDED.has(state)
export const isRunning = ({ state }: QueuePrompt): boolean => RUNS.has(state)

/** Fetches a page of prompts. */
export function listPrompts({ group, chat, query }: PromptFilter, page: number) {
  return unwrap(api.GET('/api/queue/prompts', { params: { query: { group, chat: chat ? Number(chat) : null, q: query, offset: page * PAGE, limit: PAGE } } }))
}

/** Badge of a state. */
export function badgeOf({ state, dead }: QueuePrompt): { kind: 'plain' | 'ok' | 'warn' | 'danger' | 'accent'; text: string } {
  if (dead) return { kind: 'danger', text: texts.dead }
  const kinds = { idle: 'plain', leased: 'plain', executing: 'accent', uncertain: 'warn', done: 'ok', failed: 'danger', cancelled: 'plain' } as const
  return { kind: kinds[state], text: texts.states[state] }
}

/** Milliseconds between two times; null if one is not known. */
export const between = (from: string | null, until: string | null): number | null => (from && until ? Date.parse(until) - Date.parse(from) : null)

export const chatOf = ({ chat, chat_title }: Pick<QueuePrompt, 'chat' | 'chat_title'>): string =>
  makeVisible(chat_title ?? '') || (chat === null ? texts.newChat : texts.chatNumber(chat))

/** Mode as it was ordered; thinking time counts for thinking only. */
export const modeOf = ({ response_type, thinking_time }: QueuePromptDetails): string =>
  response_type === 'thinking' && thinking_time === 'extended' ? texts.details.extended : texts.details.modes[response_type] ?? response_type
