/** A webhook as the page shows it. */
import type { DeliveryView, WebhookView } from '../../lib/api'
import { texts } from '../../texts/webhooks'

export const titleOf = (webhook: Pick<WebhookView, 'name' | 'url'>): string => webhook.name || webhook.url

export type Shown = 'on' | 'failing' | 'off' | 'unconfirmed'

export function stateOf({ state, failures }: WebhookView): Shown {
  if (state === 'unconfirmed') return 'unconfirmed'
  if (state === 'disabled') return 'off'
  return failures ? 'failing' : 'on'
}

/** Result of a test as a sentence; `ok` if the receiver got it. */
export function describeTest(delivery: DeliveryView): { ok: boolean; text: string } {
  if (delivery.state === 'delivered') return { ok: true, text: texts.tested(delivery.receiver) }
  const last = delivery.attempts[0]
  return { ok: false, text: last ? texts.testFailed(last.error) : texts.testWaits }
}
