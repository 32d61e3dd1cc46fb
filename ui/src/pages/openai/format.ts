import { locale } from '../../lib/clock.svelte'

const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** Date such as 2026-12-31. */
export const exactDay = (at: string): string => day.format(new Date(at))

/** Month such as 2026-12. */
export const nameMonth = (at: string): string => month.format(new Date(`${at}-01T00:00:00Z`))
