/** A message that is being written. `busy`: it is being sent. */
export class Draft {
  text = $state('')
  files = $state.raw<File[]>([])
  busy = $state(false)
  errorText = $state('')
}

const drafts = new Map<string, Draft>()

/** Finds what is being written in a conversation: it stays while another page is read, until the window is closed. */
export function findDraft(chat: string): Draft {
  const draft = drafts.get(chat) ?? new Draft()
  drafts.set(chat, draft)
  return draft
}
