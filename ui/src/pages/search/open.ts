import { go } from '../../lib/route.svelte'
import type { SearchResult } from '../conversations/chats'

/** Opens a result where it stands. */
export function openResult({ source, chat_id, message_id }: SearchResult): void {
  if (source === 'omi') go('omi', 'conversation', chat_id)
  else if (source === 'gmail') window.open(`https://mail.google.com/mail/#all/${encodeURIComponent(chat_id)}`, '_blank', 'noreferrer')
  else go('conversations', chat_id, ...(message_id ? [message_id] : []))
}
