/** Servers and their tools as the page shows them. */
import type { ToolView, UpstreamView } from '../../lib/api'
import { texts } from '../../texts/tools'

export type Server = UpstreamView
export type Tool = ToolView
export type State = keyof typeof texts.states
export type Policy = keyof typeof texts.policies

export const MOST_OFFERED = 28 // of the 30 operations that an action takes; two poll approvals and jobs

export const stateOf = (server: Server): State => (!server.confirmed ? 'unconfirmed' : !server.enabled || server.state === 'stopped' ? 'off' : server.sign_in?.needed ? 'signIn' : server.state)

export const policyOf = (tool: Tool): Policy => (!tool.offered ? 'hidden' : tool.changed ? 'changed' : tool.read_only ? 'readOnly' : tool.trusted ? 'trusted' : 'asks')

export const changedTools = (server: Server): Tool[] => server.tools.filter(({ changed }) => changed)

export const offeredTools = (server: Server): Tool[] => server.tools.filter(({ offered }) => offered)

/** First line of a description. */
export const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? ''

/** Tools in which all words of a search occur. */
export function search(tools: readonly Tool[], typed: string): Tool[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return tools.filter(({ name, public_name, title, description }) => {
    const text = `${name} ${public_name} ${title} ${description}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
