/** The present, to the second while somebody looks. */
export const clock = $state({ now: Date.now() })
setInterval(() => { if (!document.hidden) clock.now = Date.now() }, 1000)

/** The words are English; times are written as this computer's owner writes them in English, 24 hours where it is another language. */
export const locale = navigator.language.startsWith('en') ? navigator.language : 'en-GB'
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'long' })
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const short = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
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

export const hour = (at: string): string => short.format(Date.parse(at))

/** How long something took: "340 ms", "2.4 s", "3 min 5 s". */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60 ? `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** For how long something has been going on, in whole seconds. */
export function elapsed(at: string): string {
  const ms = Math.floor((clock.now - Date.parse(at)) / 1000) * 1000
  return ms < 1000 ? 'now' : ms < 60_000 ? `${ms / 1000} s` : lasting(ms)
}
