/** Permissions of a client by integration, reads apart from changes. */
import type { ClientChange, ClientView, NewClient, OperationView, Policy, PresetView } from '../../lib/api'
import { texts } from '../../texts/access'
import { LANGUAGE } from '../../texts/common'

export interface Group { integration: string; title: string; reads: OperationView[]; changes: OperationView[] }

/** Policies by operation; an operation that is not listed is denied. */
export type Policies = ReadonlyMap<string, Policy>

const WORDS: readonly { value: Policy; label: string }[] = [
  { value: 'allow', label: texts.policies.allow },
  { value: 'ask', label: texts.policies.ask },
  { value: 'deny', label: texts.policies.deny },
]

/** Policy labels: a read is allowed or denied, only a change can ask, and not where nobody can be asked. */
export const wordsFor = (operations: readonly OperationView[]): typeof WORDS =>
  operations.some(({ changes, asks }) => changes && asks) ? WORDS : WORDS.filter(({ value }) => value !== 'ask')

/** Groups operations by integration, in their order. */
export function group(operations: readonly OperationView[]): Group[] {
  const groups = new Map<string, Group>()
  for (const operation of operations) {
    const { integration, integration_title: title } = operation
    const group = groups.get(integration) ?? { integration, title, reads: [], changes: [] }
    groups.set(integration, group)
    group[operation.changes ? 'changes' : 'reads'].push(operation)
  }
  return [...groups.values()]
}

export const policiesOf = (client: ClientView): Map<string, Policy> => new Map(Object.entries(client.operations))

export const policyOf = (policies: Policies, { name }: OperationView): Policy => policies.get(name) ?? 'deny'

export const policiesOfPreset = (preset: PresetView): Map<string, Policy> => new Map(Object.entries(preset.policies))

/** Default policies of a new client. */
export const usual = (presets: readonly PresetView[]): Map<string, Policy> => policiesOfPreset(presets.find(({ name }) => name === 'ask')!)

/** Policies of a whole group. Operations that are allowed individually only, as those that reach other people, ask instead. */
export function setAll(operations: readonly OperationView[], policy: Policy): Map<string, Policy> {
  const choose = ({ reaches_others, individual, asks }: OperationView): Policy => {
    const wanted = policy === 'allow' && (reaches_others || individual) ? 'ask' : policy
    return wanted === 'ask' && !asks ? 'deny' : wanted
  }
  return new Map(operations.map((operation) => [operation.name, choose(operation)]))
}

/** Client update for the wanted policies; other operations keep theirs, even if a scope is added. */
export function permit(client: ClientView, operations: readonly OperationView[], wanted: Policies): ClientChange {
  const before = policiesOf(client)
  const after = new Map([...before, ...wanted])
  const touched = new Set(operations.filter(({ name }) => wanted.has(name)).map(({ scope }) => scope))
  const unchanged = client.scopes.filter((scope) => !touched.has(scope))
  const opened = [...touched].filter((scope) => operations.some((operation) => operation.scope === scope && policyOf(after, operation) !== 'deny'))
  const affected = operations.filter(({ name, scope }) => wanted.has(name) || (opened.includes(scope) && !client.scopes.includes(scope)))
  return { scopes: [...unchanged, ...opened], policies: Object.fromEntries(affected.map((operation) => [operation.name, policyOf(after, operation)])) }
}

/** Request for a new client with exactly these policies. */
export function order(name: string, operations: readonly OperationView[], policies: Policies): NewClient {
  const scopes = [...new Set(operations.filter((operation) => policyOf(policies, operation) !== 'deny').map(({ scope }) => scope))]
  const visible = operations.filter(({ scope }) => scopes.includes(scope))
  const those = (policy: Policy) => visible.filter((operation) => policyOf(policies, operation) === policy)
  return {
    name,
    scopes,
    allow: those('allow').filter(({ changes }) => changes).map(({ name }) => name),
    deny: those('deny').map(({ name }) => name),
  }
}

const SHOWN = 3
const list = new Intl.ListFormat(LANGUAGE, { type: 'conjunction' })
export const lower = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

/** Enumerates titles, the first few by name. */
export function enumerate(operations: readonly OperationView[], most = SHOWN): string {
  const titles = operations.map(({ title }) => lower(title))
  const rest = titles.length - most
  return list.format(rest > 1 ? [...titles.slice(0, most), texts.policies.more(rest)] : titles)
}

function describeApprovals(operations: readonly OperationView[], otherChanges: number): string {
  if (operations.every(({ changes }) => changes) && !otherChanges) return texts.policies.asksBeforeChanges
  return operations.length === 1 ? texts.policies.asksTo(enumerate(operations)) : texts.policies.asksBefore(operations.length)
}

/** Summary of a client's permissions. */
export function describe(policies: Policies, operations: readonly OperationView[]): string {
  const those = (policy: Policy) => operations.filter((operation) => policyOf(policies, operation) === policy)
  const free = those('allow')
  const read = group(free).filter(({ reads }) => reads.length).map(({ title }) => title)
  const changes = free.filter(({ changes }) => changes)
  const needApproval = those('ask')
  const phrase = [
    read.length && texts.policies.canRead(list.format(read)),
    changes.length && texts.policies.can(enumerate(changes)),
    needApproval.length && describeApprovals(needApproval, changes.length + those('deny').filter(({ changes }) => changes).length),
  ].filter(Boolean).join('; ')
  return phrase ? phrase.slice(0, 1).toUpperCase() + phrase.slice(1) : texts.policies.nothing
}

/** Slug of a typed name: "My GPT" becomes my-gpt. */
export const slug = (typed: string): string =>
  typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9._]+/g, '-').replace(/^[-._]+|[-._]+$/g, '').slice(0, 40)
