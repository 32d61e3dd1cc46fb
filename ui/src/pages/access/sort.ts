/** Orders of the clients. */
import type { ClientView } from '../../lib/api'

export const SORTS = ['used', 'name', 'created'] as const
export type Sort = (typeof SORTS)[number]

/** Sorts clients; `given` keeps the server's order. */
export function sortClients(clients: readonly ClientView[], sort: Sort | 'given'): ClientView[] {
  const latest = (first: string | null, second: string | null) => (second ?? '').localeCompare(first ?? '')
  if (sort === 'given') return [...clients]
  return clients.toSorted((first, second) =>
    (sort === 'used' && latest(first.last_used_at, second.last_used_at)) || (sort === 'created' && latest(first.created_at, second.created_at))
    || first.name.localeCompare(second.name))
}
