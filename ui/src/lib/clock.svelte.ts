/** The present, to the second while somebody looks. */
export const clock = $state({ now: Date.now() })
setInterval(() => { if (!document.hidden) clock.now = Date.now() }, 1000)

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'long' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })
const short = new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit' })
const units = [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const

/** How long ago, as people say it. Seconds are not counted: a number that never rests draws every eye. */
export function ago(at: string): string {
  const seconds = Math.round((clock.now - Date.parse(at)) / 1000)
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ['second', 1]
  return unit === 'second' ? 'just now' : relative.format(-Math.floor(seconds / length), unit)
}

export const exactly = (at: string): string => exact.format(Date.parse(at))

/** The time of day, with the date where that is not today. */
export function until(at: string): string {
  const then = new Date(at)
  return then.toDateString() === new Date(clock.now).toDateString() ? short.format(then) : exact.format(then)
}
