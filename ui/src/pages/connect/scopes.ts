/** MCP servers whose tools a client may use: each can be the content of a GPT's document. */
import type { ClientView, OperationView } from '../../lib/api'

export interface ScopeChoice { scope: string; title: string }

const SERVER = /^use:/

/** Scopes of servers, of which the client has at least one operation. */
export function listScopes(client: ClientView | undefined, operations: readonly OperationView[], titles: ReadonlyMap<string, string>): ScopeChoice[] {
  const permitted = operations.filter(({ name, scope }) => SERVER.test(scope) && client && (client.operations[name] ?? 'deny') !== 'deny')
  return [...new Set(permitted.map(({ scope }) => scope))].map((scope) => ({ scope, title: titles.get(scope.replace(SERVER, '')) ?? scope.replace(SERVER, '') }))
}
