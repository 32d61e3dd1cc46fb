/** What a client may do, in a person's words: by integration, reading apart from changing. */
import type { ClientChange, ClientView, NewClient, OperationView, Policy } from '../../lib/local'

export interface Group { integration: string; title: string; reads: OperationView[]; changes: OperationView[] }

/** What happens when a client calls an operation. One that is not named is not allowed. */
export type Policies = ReadonlyMap<string, Policy>

const WORDS: readonly { value: Policy; label: string }[] = [
  { value: 'allow', label: 'Allow' },
  { value: 'ask', label: 'Ask me' },
  { value: 'deny', label: 'Don’t allow' },
]

/** What can be chosen for operations: looking is allowed or not, and only what changes something can ask. */
export const wordsFor = (operations: readonly OperationView[]): typeof WORDS =>
  operations.some(({ changes }) => changes) ? WORDS : WORDS.filter(({ value }) => value !== 'ask')

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

export const policiesOf = (client: ClientView): Map<string, Policy> => new Map(Object.entries(client.operations))

export const policyOf = (policies: Policies, { name }: OperationView): Policy => policies.get(name) ?? 'deny'

/** What a new client may do: look at everything, and ask before it changes something. */
export const usual = (operations: readonly OperationView[]): Map<string, Policy> =>
  new Map(operations.map(({ name, changes }) => [name, changes ? 'ask' : 'allow']))

/** What a whole group is set to. What reaches other people is allowed one by one only, so it asks instead. */
export const setAll = (operations: readonly OperationView[], policy: Policy): Map<string, Policy> =>
  new Map(operations.map(({ name, reaches_others }) => [name, policy === 'allow' && reaches_others ? 'ask' : policy]))

/** What to change so that this happens when a client calls these operations; all else stays as it is, also where a scope opens. */
export function permit(client: ClientView, operations: readonly OperationView[], wanted: Policies): ClientChange {
  const before = policiesOf(client)
  const after = new Map([...before, ...wanted])
  const touched = new Set(operations.filter(({ name }) => wanted.has(name)).map(({ scope }) => scope))
  const kept = client.scopes.filter((scope) => !touched.has(scope))
  const opened = [...touched].filter((scope) => operations.some((one) => one.scope === scope && policyOf(after, one) !== 'deny'))
  const told = operations.filter(({ name, scope }) => wanted.has(name) || (opened.includes(scope) && !client.scopes.includes(scope)))
  return { scopes: [...kept, ...opened], policies: Object.fromEntries(told.map((one) => [one.name, policyOf(after, one)])) }
}

/** The order for a new client that may do this and nothing else. */
export function order(name: string, operations: readonly OperationView[], policies: Policies): NewClient {
  const scopes = [...new Set(operations.filter((one) => policyOf(policies, one) !== 'deny').map(({ scope }) => scope))]
  const seen = operations.filter(({ scope }) => scopes.includes(scope))
  const those = (policy: Policy) => seen.filter((one) => policyOf(policies, one) === policy)
  return {
    name,
    scopes,
    allow: those('allow').filter(({ changes }) => changes).map((one) => one.name),
    deny: those('deny').map((one) => one.name),
  }
}

const SHOWN = 3
const list = new Intl.ListFormat('en', { type: 'conjunction' })
export const lower = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

/** Titles as people list them, the first few by name. */
export function enumerate(operations: readonly OperationView[], most = SHOWN): string {
  const titles = operations.map(({ title }) => lower(title))
  const rest = titles.length - most
  return list.format(rest > 1 ? [...titles.slice(0, most), `${rest} more`] : titles)
}

function sayAsked(asked: readonly OperationView[], otherChanges: number): string {
  if (asked.every((one) => one.changes) && !otherChanges) return 'asks before it changes anything'
  return asked.length === 1 ? `asks to ${enumerate(asked)}` : `asks before ${asked.length} others`
}

/** What a client may do, in a phrase. */
export function describe(policies: Policies, operations: readonly OperationView[]): string {
  const those = (policy: Policy) => operations.filter((one) => policyOf(policies, one) === policy)
  const free = those('allow')
  const read = group(free).filter(({ reads }) => reads.length).map(({ title }) => title)
  const changes = free.filter((one) => one.changes)
  const asked = those('ask')
  const told = [
    read.length && `reads ${list.format(read)}`,
    changes.length && `may ${enumerate(changes)}`,
    asked.length && sayAsked(asked, changes.length + those('deny').filter((one) => one.changes).length),
  ].filter(Boolean).join('; ')
  return told ? told.slice(0, 1).toUpperCase() + told.slice(1) : 'May do nothing yet'
}

/** A name that can stand in an address, made of what was typed: "My GPT" becomes my-gpt. */
export const slug = (typed: string): string =>
  typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9._]+/g, '-').replace(/^[-._]+|[-._]+$/g, '').slice(0, 40)
