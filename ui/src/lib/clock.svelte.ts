/** Current time, updated every second while the window is visible. */
import { LANGUAGE, texts } from '../texts/common'

export const clock = $state({ now: Date.now() })
setInterval(() => { if (!document.hidden) clock.now = Date.now() }, 1000)

/** Times use the English locale of this computer; 24 hours if its language is not English. */
export const locale = navigator.language.startsWith(LANGUAGE) ? navigator.language : 'en-GB'
const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'always', style: 'long' })
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const short = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
const units = [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const

/** Relative time without seconds, because a constantly changing number distracts. */
export function ago(at: string): string {
  const seconds = Math.round((clock.now - Date.parse(at)) / 1000)
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ['second', 1]
  return unit === 'second' ? texts.clock.justNow : relative.format(-Math.floor(seconds / length), unit)
}

export const exactly = (at: string): string => exact.format(Date.parse(at))

/** Time of day, with the date if it is not today. */
export function until(at: string): string {
  const then = new Date(at)
  return then.toDateString() === new Date(clock.now).toDateString() ? short.format(then) : exact.format(then)
}

const A_YEAR_MS = 365 * 86_400_000

/** End of a pause; undefined for one that only the person ends, which the server dates far ahead. */
export const pauseEnd = (at: string): string | undefined => (Date.parse(at) - clock.now > A_YEAR_MS ? undefined : until(at))

export const hour = (at: string): string => short.format(Date.parse(at))

/** Formats a duration: "340 ms", "2.4 s", "3 min 5 s". */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60 ? `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Elapsed time in whole seconds. */
export function elapsed(at: string): string {
  const ms = Math.floor((clock.now - Date.parse(at)) / 1000) * 1000
  return ms < 1000 ? texts.clock.now : ms < 60_000 ? `${ms / 1000} s` : lasting(ms)
}
