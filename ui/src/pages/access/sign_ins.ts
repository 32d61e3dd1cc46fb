/** Labels of OAuth clients. */
import type { ClientView } from '../../lib/api'
import { texts } from '../../texts/access'
import { LANGUAGE } from '../../texts/common'

const list = new Intl.ListFormat(LANGUAGE, { type: 'conjunction' })
const CALLERS: readonly (readonly [RegExp, string])[] = [
  [/^(chatgpt|chat\.openai)\.com$/, texts.clientKinds.chatgpt],
  [/^claude\.(ai|com)$/, texts.clientKinds.claude],
  [/^(localhost|127\.0\.0\.1|\[::1\])$/, texts.clientKinds.local],
]
const VERBS: Record<string, string> = texts.clientKinds.verbs
const NOUNS: Record<string, string> = texts.clientKinds.nouns

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
  return labels.length ? list.format(labels) : texts.clientKinds.nothing
}

/** Authentication method of a client, for lists. */
export function wayIn({ oauth, key_hint }: ClientView): string {
  if (!oauth) return texts.clientKinds.key
  if (key_hint) return texts.clientKinds.keyAndOauth
  return oauth.kind === 'own' ? texts.clientKinds.oauth : oauth.kind === 'document' ? texts.clientKinds.app : texts.clientKinds.registered
}

export const KINDS: Record<NonNullable<ClientView['oauth']>['kind'], string> = {
  own: texts.clientKinds.own,
  registered: texts.clientKinds.selfRegistered,
  document: texts.clientKinds.document,
}
