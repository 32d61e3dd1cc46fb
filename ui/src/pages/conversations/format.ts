/** Dates, sizes and names of conversations. */
import { hour, locale } from '../../lib/clock.svelte'
import { LANGUAGE } from '../../texts/common'

const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' })
const amount = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 })

/** Day, with its year if it is not this one. */
export function formatDay(at: string, now: number): string {
  const then = new Date(at)
  return (then.getFullYear() === new Date(now).getFullYear() ? day : date).format(then)
}

/** Time of day, after its day if it is not today. */
export function formatMoment(at: string, now: number): string {
  const then = new Date(at)
  return then.toDateString() === new Date(now).toDateString() ? hour(at) : `${formatDay(at, now)}, ${hour(at)}`
}

/** Size of a file: "84 KB", "2.4 MB". */
export function formatSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let [size, unit] = [bytes, 0]
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1 }
  return `${amount.format(unit < 2 ? Math.round(size) : size)} ${units[unit]}`
}

const cents = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' })
const parts = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2, maximumFractionDigits: 4 })
const LEAST = 0.0001 // dollars that are shown
const ONE_CENT = 0.01

/** US dollars as a person reads them: cents, or parts of one. */
export function formatCost(cost: string): string {
  const value = Number(cost)
  if (value > 0 && value < LEAST) return `<${parts.format(LEAST)}`
  return (value > 0 && value < ONE_CENT ? parts : cents).format(value)
}
