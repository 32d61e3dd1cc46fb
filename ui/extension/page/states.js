// States of the page as failures: what holds it up, and whether the message was sent all the same.
import {Refused} from './link.js'
import {findReset} from './resets.js'

/** Describe a state of the page as Deskhand is told it. */
export function describeState(held) {
  if (!held) return {state: 'ready', detail: '', missing: [], resets_at: null}
  const resets = held.state === 'limit' ? findReset(held.element) : null
  return {state: held.state, detail: held.detail, missing: [], resets_at: resets?.toISOString() ?? null}
}

export const notSent = (name, text, more = {}) => new Refused(name, text, {...more, sent: false})

export const unknownLayout = (missing, sent = false) => new Refused('unknown_layout', `The page has changed: ${missing.join(', ')} not found.`, {missing, sent})

export const heldBy = (held, sent) => new Refused(held.state, held.detail || held.state, {...describeState(held), sent})

/** Reject if the page is in a state in which nothing is sent. */
export function refuseHeld(page) {
  const held = page.held()
  if (held) throw heldBy(held, false)
}
