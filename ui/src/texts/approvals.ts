/** Texts of the approvals page. */
import type { ApprovalDuration } from '../lib/api'

const DURATIONS: Record<ApprovalDuration, string> = {
  once: 'Allow once',
  temporary: 'Allow for 15 minutes',
  recipients: 'Always allow for these recipients',
  always: 'Always allow',
}

export const texts = {
  title: 'Approvals',
  lead: 'Nothing happens until you approve it. You see exactly what will be sent or changed.',
  paused: 'Deskhand is paused. Resume to approve. Pending requests stay here.',
  requests: 'Requests',
  empty: {
    title: 'No pending requests',
    text: 'When ChatGPT wants to do something that needs your approval, it appears here.',
    link: 'Review permissions',
  },
  request: (client: string, sentence: string) => `${client} wants to ${sentence}`,
  asked: 'asked',
  timeLeft: (minutes: number, seconds: number) => (seconds > 60 ? `${minutes} min left` : `${seconds} s left`),
  until: (time: string) => `Until ${time}`,
  durations: DURATIONS,
  durationsMore: (label: string) => `${label}…`,
  allowSignIn: 'Allow sign-in',
  acceptSource: 'Accept account',
  answer: 'Send answer',
  optional: (label: string) => `${label} (optional)`,
  noAnswer: 'No answer',
  yesOrNo: [{ value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }],
  deny: 'Deny',
  moreOptions: 'More options',
  addReason: 'Add a reason…',
  removeReason: 'Remove reason',
  reason: (client: string) => `Reason (${client} will see this)`,
  code: '4-digit code',
  codeHint: 'Shown on the sign-in page in your browser. If you didn’t start this sign-in, deny it.',
  pressSpace: 'Press Space to allow (Enter is disabled here for safety).',
  sourceDenied: 'If you deny, everything it has sent so far is deleted.',
  confirm: (label: string) => `${label}?`,
  back: 'Back',
  explainTemporary: (client: string, operation: string, reachesPeople: boolean) =>
    `For 15 minutes, ${client} can use ${operation} without asking, with any content${reachesPeople ? ' and any recipients' : ''}.`,
  explainRecipients: (client: string, operation: string) =>
    `From now on, ${client} can use ${operation} without asking, with any content, for these recipients only. You can undo this under Access.`,
  explainAlways: (client: string, operation: string) => `From now on, ${client} can use ${operation} without asking, with any content. You can undo this under Access.`,
  thisOperation: 'this operation',
  gone: 'This request was already answered or withdrawn.',
  expired: 'Expired. Nothing was done.',
  decided: 'Recent decisions',
  allActivity: 'View all activity',
  recipients: 'Actual recipients',
  noArguments: 'none',
  long: (lines: number, characters: string) => `${lines === 1 ? '' : `${lines} lines, `}${characters} characters – scroll to read all`,
  fullSource: {
    notice: 'Not all of this can be shown here. Open it in full before you allow it.',
    openFull: 'Open in full',
    title: 'In full',
  },
  renderedMail: {
    title: 'Formatted email',
    hide: 'Hide formatted email',
    show: 'Show formatted email',
  },
  warnings: {
    nameIsAddress: 'This name looks like an address, but the email goes elsewhere.',
    invisible: 'This recipient contains invisible characters.',
    address: 'This address contains letters of another alphabet.',
    domain: 'This domain contains letters of another alphabet. It may imitate another domain.',
  },
}
