/** Labels of approval requests and durations. */
import { clock } from '../../lib/clock.svelte'
import type { ApprovalDuration, QuestionView } from '../../lib/api'
import { makeVisible } from '../../lib/visible'
import { texts } from '../../texts/approvals'

export const formatRequest = ({ client, sentence }: QuestionView): string => texts.request(makeVisible(client), makeVisible(sentence))

export function formatApprove({ kind }: QuestionView, extent: ApprovalDuration): string {
  if (kind === 'call') return texts.durations[extent]
  if (kind === 'question') return texts.answer
  return kind === 'sign-in' ? texts.allowSignIn : texts.acceptSource
}

/** Meaning of an approval that exceeds this call. */
export function explainDuration(question: QuestionView, extent: ApprovalDuration): string {
  const client = makeVisible(question.client)
  const operation = question.operation ?? texts.thisOperation
  if (extent === 'temporary') return texts.explainTemporary(client, operation, question.recipients.length > 0)
  return extent === 'recipients' ? texts.explainRecipients(client, operation) : texts.explainAlways(client, operation)
}

/** Remaining time in minutes, in seconds only at the end: a constantly changing number distracts. */
export function formatTimeLeft(since: string, until: string): string {
  const now = Math.max(clock.now, Date.parse(since)) // the clock ticks once a second, so a new request may be ahead of it
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000))
  return texts.timeLeft(Math.ceil(seconds / 60), seconds)
}
