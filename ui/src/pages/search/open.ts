import { go } from '../../lib/route.svelte'
import type { FoundItem } from './search.svelte'

/** Opens a result at its message; mail opens at its provider. */
export function openResult({ source, chat_id, message_id, url }: FoundItem): void {
  if (url) Object.assign(document.createElement('a'), { href: url, target: '_blank', rel: 'noreferrer' }).click()
  else if (source === 'omi') go('omi', 'conversation', chat_id)
  else go('conversations', chat_id, ...(message_id ? [message_id] : []))
}
