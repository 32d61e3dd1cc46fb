/** Date groups of the list: today, yesterday, the previous 7 days, then months. */
import { locale } from '../../lib/clock.svelte'
import { texts } from '../../texts/conversations'

export const FIRST_YEAR = 2022 // ChatGPT's
const WEEK = 7 // days
const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' })
/** `isDay`: its rows show the time of day. `start`: index of its first row. */
export interface Group { label: string; isDay: boolean; start: number }
/** Beginning of a group's time, in milliseconds. */
export interface Period { label: string; isDay: boolean; since: number }

/** Periods by which the list is grouped, the newest first. */
export function listPeriods(now: number): Period[] {
  const today = new Date(now)
  const daysAgo = (days: number) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - days).getTime()
  const week = daysAgo(WEEK)
  const periods = [
    { label: texts.list.today, isDay: true, since: daysAgo(0) }, { label: texts.list.yesterday, isDay: true, since: daysAgo(1) },
    { label: texts.list.week, isDay: false, since: week },
  ]
  for (let date = new Date(new Date(week).getFullYear(), new Date(week).getMonth()); date.getFullYear() >= FIRST_YEAR; date = new Date(date.getFullYear(), date.getMonth() - 1)) {
    periods.push({ label: month.format(date), isDay: false, since: date.getTime() })
  }
  return periods
}

/** Groups that have rows. `since`: the number of rows since each period began. */
export function makeGroups(periods: readonly Period[], { since, dated, total }: { since: readonly number[]; dated: number; total: number }): Group[] {
  const groups: Group[] = []
  let start = 0
  const add = (label: string, isDay: boolean, end: number): void => {
    if (end > start) groups.push({ label, isDay, start })
    start = Math.max(start, end)
  }
  periods.forEach(({ label, isDay }, index) => add(label, isDay, since[index]!))
  add(texts.list.before(FIRST_YEAR), false, dated)
  add(texts.list.undated, false, total)
  return groups
}
