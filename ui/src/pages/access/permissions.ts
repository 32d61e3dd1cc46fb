/** What a client may do, in a person's words: by integration, reading apart from changing. */
import type { ClientChange, ClientView, NewClient, OperationView } from '../../lib/local'

export interface Group { integration: string; title: string; reads: OperationView[]; changes: OperationView[] }

/** The operations by integration, in the order in which they came. */
export function group(operations: readonly OperationView[]): Group[] {
  const groups = new Map<string, Group>()
  for (const operation of operations) {
    const { integration, integration_title: title } = operation
    const found = groups.get(integration) ?? { integration, title, reads: [], changes: [] }
    groups.set(integration, found)
    found[operation.changes ? 'changes' : 'reads'].push(operation)
  }
  return [...groups.values()]
}

/** The names of the operations that run when a client calls them. */
export const allowedOf = (client: ClientView): Set<string> =>
  new Set(Object.entries(client.operations).filter(([, policy]) => policy === 'allow').map(([name]) => name))

/** What to change so that a client may call operations, or may not; all else stays as it is, also where a whole scope opens. */
export function permit(client: ClientView, operations: readonly OperationView[], names: readonly string[], on: boolean): ClientChange {
  const allowed = allowedOf(client)
  for (const name of names) allowed[on ? 'add' : 'delete'](name)
  const touched = new Set(operations.filter(({ name }) => names.includes(name)).map(({ scope }) => scope))
  const kept = client.scopes.filter((scope) => !touched.has(scope))
  const opened = [...touched].filter((scope) => operations.some((one) => one.scope === scope && allowed.has(one.name)))
  const told = operations.filter(
    ({ name, scope }) => names.includes(name) || (opened.includes(scope) && !client.scopes.includes(scope)),
  )
  return { scopes: [...kept, ...opened], policies: Object.fromEntries(told.map((one) => [one.name, policyOf(one, allowed)])) }
}

/** What stays of an operation that is not allowed: one that changes something is asked for once more, reading is refused. */
const policyOf = ({ name, changes }: OperationView, allowed: ReadonlySet<string>) =>
  allowed.has(name) ? 'allow' : changes ? 'ask' : 'deny'

/** The order for a new client that may do this and nothing else. */
export function order(name: string, operations: readonly OperationView[], allowed: ReadonlySet<string>): NewClient {
  const scopes = [...new Set(operations.filter((one) => allowed.has(one.name)).map(({ scope }) => scope))]
  const seen = operations.filter(({ scope }) => scopes.includes(scope))
  return {
    name,
    scopes,
    allow: seen.filter((one) => one.changes && allowed.has(one.name)).map((one) => one.name),
    deny: seen.filter((one) => !one.changes && !allowed.has(one.name)).map((one) => one.name),
  }
}

const SHOWN = 3
const list = new Intl.ListFormat('en', { type: 'conjunction' })

/** Titles as people list them, the first few by name. */
export function enumerate(operations: readonly OperationView[], most = SHOWN): string {
  const titles = operations.map(({ title }) => title.toLowerCase())
  const rest = titles.length - most
  return list.format(rest > 1 ? [...titles.slice(0, most), `${rest} more`] : titles)
}

/** What a client may do, in a phrase. */
export function describe(allowed: ReadonlySet<string>, operations: readonly OperationView[]): string {
  const groups = group(operations.filter(({ name }) => allowed.has(name)))
  const read = groups.filter(({ reads }) => reads.length).map(({ title }) => title)
  const changes = groups.flatMap((one) => one.changes)
  if (!read.length && !changes.length) return 'May do nothing yet'
  const reading = read.length ? `Reads ${list.format(read)}` : 'Reads nothing'
  return changes.length ? `${reading}; may ${enumerate(changes)}` : `${reading}; changes nothing`
}

/** A name that can stand in an address, made of what was typed: "My GPT" becomes my-gpt. */
export const slug = (typed: string): string =>
  typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9._]+/g, '-').replace(/^[-._]+|[-._]+$/g, '').slice(0, 40)
