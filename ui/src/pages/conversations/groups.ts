/** Date groups of the list: today, yesterday, the previous 7 days, then months. */
import { locale } from '../../lib/clock.svelte'
import { texts } from '../../texts/conversations'
import type { ChatRow } from './chats'

const DAY_MS = 86_400_000
const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' })
export interface Group { key: number; label: string; start: number }

/** Key of a row's group: 0 to 2 for days, otherwise its month below zero. */
function keyOf(row: ChatRow, midnight: number): number {
  const at = Date.parse(row.updated_at ?? row.created_at ?? '')
  if (Number.isNaN(at)) return -Infinity
  if (at >= midnight) return 2
  if (at >= midnight - DAY_MS) return 1
  if (at >= midnight - 7 * DAY_MS) return 0
  const date = new Date(at)
  return -1e9 + date.getFullYear() * 12 + date.getMonth()
}

function nameOf(key: number): string {
  if (key === -Infinity) return texts.list.earlier
  if (key >= 0) return [texts.list.week, texts.list.yesterday, texts.list.today][key]!
  const months = key + 1e9
  return month.format(new Date(Math.floor(months / 12), months % 12))
}

/** Adds the groups of the rows from `start` on; rows of the same group need not be adjacent to the midnight of another day. */
export function extendGroups(groups: readonly Group[], rows: readonly ChatRow[], start: number, now: number): Group[] {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  const result = [...groups]
  for (let index = start; index < rows.length; index += 1) {
    const key = keyOf(rows[index]!, midnight)
    if (result.at(-1)?.key !== key) result.push({ key, label: nameOf(key), start: index })
  }
  return result
}
