// The time at which a limit ends, from the page's own words.

const UNITS = {
  minute: 60,
  hour: 3600,
  day: 86400,
}
const DURATIONS = [
  ['minute', '(\\d+) ?(?:minutes?|mins?|minuten?|minutos?|分|دقیقه)'],
  ['hour', '(\\d+) ?(?:hours?|hrs?|stunden?|heures?|horas?|時間|ساعت)'],
  ['day', '(\\d+) ?(?:days?|tage?n?|jours?|días?|日|روز)'],
]

/** Find the moment: in an element's `datetime`, as a duration, or as a time of day. Null if there is none. */
export function findReset(element, now = new Date()) {
  const stamp = element.querySelector?.('time[datetime]')?.getAttribute('datetime')
  if (stamp && !Number.isNaN(Date.parse(stamp))) return new Date(stamp)
  return parseReset(element.textContent, now)
}

/** Parse a text. A time of day is the next such time here. */
export function parseReset(text, now = new Date()) {
  const seconds = DURATIONS.reduce((sum, [unit, pattern]) => sum + UNITS[unit] * Number(text.match(new RegExp(pattern, 'iu'))?.[1] ?? 0), 0)
  if (seconds) return new Date(now.getTime() + seconds * 1000)
  const clock = text.match(/(\d{1,2})[:.h](\d{2})\s*([ap])?\.?\s?m?/iu)
  if (!clock) return null
  const half = clock[3]?.toLowerCase()
  const hour = Number(clock[1]) % (half ? 12 : 24) + (half === 'p' ? 12 : 0)
  const moment = new Date(now)
  moment.setHours(hour, Number(clock[2]), 0, 0)
  if (moment <= now) moment.setDate(moment.getDate() + 1)
  return moment
}
