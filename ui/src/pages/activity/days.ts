/** Day headings of the activity feed. */
import { locale } from '../../lib/clock.svelte'
import { texts } from '../../texts/activity'

const thisYear = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' })
const anyYear = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const DAY_MS = 86_400_000

/** "Today", "Yesterday", or the date, as this computer's clock shows it. */
export function nameDay(at: string, now: number): string {
  const day = new Date(at)
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  const days = Math.round((midnight - new Date(at).setHours(0, 0, 0, 0)) / DAY_MS)
  if (days === 0) return texts.days.today
  if (days === 1) return texts.days.yesterday
  return (day.getFullYear() === new Date(now).getFullYear() ? thisYear : anyYear).format(day)
}

/** Groups sorted entries by day. */
export function groupByDay<T extends { at: string }>(entries: readonly T[], now: number): { day: string; entries: T[] }[] {
  const groups: { day: string; entries: T[] }[] = []
  for (const entry of entries) {
    const day = nameDay(entry.at, now)
    if (groups.at(-1)?.day !== day) groups.push({ day, entries: [] })
    groups.at(-1)!.entries.push(entry)
  }
  return groups
}
