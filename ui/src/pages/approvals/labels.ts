/** Labels of approval requests and durations. */
import { clock } from '../../lib/clock.svelte'
import type { ApprovalDuration, QuestionView } from '../../lib/api'
import { makeVisible } from '../../lib/visible'

const DURATION_LABELS: Record<ApprovalDuration, string> = {
  once: 'Allow once',
  temporary: 'Allow for 15 minutes',
  recipients: 'Allow to these recipients',
  always: 'Always allow',
}

export const formatRequest = ({ client, sentence }: QuestionView): string => `May ${makeVisible(client)} ${makeVisible(sentence)}?`

export function formatApprove({ kind }: QuestionView, extent: ApprovalDuration): string {
  if (kind === 'call') return DURATION_LABELS[extent]
  return kind === 'sign-in' ? 'Let it in' : 'Accept it'
}

/** Meaning of an approval that exceeds this call. */
export function explainDuration(question: QuestionView, extent: ApprovalDuration): string {
  const client = makeVisible(question.client)
  const may = `${client} may use ${question.operation ?? 'this'} without asking you`
  if (extent === 'temporary') return `For 15 minutes ${may}${question.recipients.length ? ', whatever it says and whomever it reaches' : ', whatever it asks for'}.`
  if (extent === 'recipients') return `From now on ${may}, whatever it says, as long as it reaches nobody but these. You take that back under Access.`
  return `From now on ${may}, whatever it asks for. You take that back under Access.`
}

/** Remaining time in minutes, in seconds only at the end: a constantly changing number distracts. */
export function formatTimeLeft(until: string): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - clock.now) / 1000))
  return seconds > 60 ? `${Math.ceil(seconds / 60)} min left` : `${seconds} s left`
}
