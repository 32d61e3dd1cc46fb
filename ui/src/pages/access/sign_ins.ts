/** Labels of OAuth clients. */
import type { ClientView } from '../../lib/api'

const list = new Intl.ListFormat('en', { type: 'conjunction' })
const CALLERS: readonly (readonly [RegExp, string])[] = [
  [/^(chatgpt|chat\.openai)\.com$/, 'ChatGPT'],
  [/^claude\.(ai|com)$/, 'Claude'],
  [/^(localhost|127\.0\.0\.1|\[::1\])$/, 'A program on this computer'],
]
const VERBS: Record<string, string> = { read: 'look at', write: 'change', control: 'control', call: 'use' }
const NOUNS: Record<string, string> = { mail: 'mail', apps: 'programs', memories: 'what the wearable heard' }

/** Name of a redirect URI's owner, such as "ChatGPT"; its host if unknown. */
export function callerOf(callback: string): string {
  try {
    const { hostname, protocol } = new URL(callback)
    if (!protocol.startsWith('http')) return protocol.replace(/:$/, '')
    return CALLERS.find(([host]) => host.test(hostname))?.[1] ?? hostname
  } catch { return callback }
}

const formatScope = (scope: string): string => {
  const [verb = '', noun = ''] = scope.split(':')
  return VERBS[verb] && NOUNS[noun] ? `${VERBS[verb]} ${NOUNS[noun]}` : scope
}

/** Formats scopes, such as "look at mail and control programs". */
export function enumerateScopes(scopes: readonly string[]): string {
  const labels = scopes.filter((scope) => scope !== 'offline_access').map(formatScope)
  return labels.length ? list.format(labels) : 'do nothing'
}

/** Authentication method of a client, for lists. */
export function wayIn({ oauth, key_hint }: ClientView): string {
  if (!oauth) return 'Key'
  if (key_hint) return 'Key, OAuth'
  return oauth.kind === 'own' ? 'OAuth' : oauth.kind === 'document' ? 'App' : 'Registered app'
}

export const KINDS: Record<NonNullable<ClientView['oauth']>['kind'], string> = {
  own: 'You made it here, and pasted its id and secret elsewhere. Each sign-in is confirmed here.',
  registered: 'It registered itself, while that was allowed, and you let it in. It has no secret: each sign-in is confirmed here.',
  document: 'It is known by a document at its own address on the web, which says who it is and where it may be answered. It has no secret: each sign-in is confirmed here.',
}
