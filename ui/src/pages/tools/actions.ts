/** Changes of servers, each with its inverse where there is one. */
import { api, unwrap } from '../../lib/api'
import { showToast } from '../../lib/toast.svelte'
import { texts } from '../../texts/tools'
import { offeredTools, type Server, type Tool } from './server'

const at = ({ id }: Server) => ({ params: { path: { server_id: id } } })

export async function turn(server: Server, enabled: boolean): Promise<void> {
  await unwrap(api.PUT('/api/tools/{server_id}/enabled', { ...at(server), body: { enabled } }))
  showToast(enabled ? texts.turnedOn(server.title) : texts.turnedOff(server.title), () => turn(server, !enabled))
}

export async function trust(server: Server, trusted: boolean): Promise<void> {
  const revisions = Object.fromEntries(server.tools.map(({ name, revision }) => [name, revision]))
  await unwrap(api.PUT('/api/tools/{server_id}/trust', { ...at(server), body: { trusted, revisions } }))
  showToast(trusted ? texts.trust.on(server.title) : texts.trust.off(server.title), () => trust(server, !trusted))
}

/** Without its inverse: turning it on needs a confirmation, and turning it off ends the permissions of their client. */
export async function letCallersIn(server: Server, enabled: boolean, variable = ''): Promise<void> {
  await unwrap(api.PUT('/api/tools/{server_id}/caller-tokens', { ...at(server), body: { enabled, variable } }))
  showToast(enabled ? texts.trust.callersOn(server.title) : texts.trust.callersOff(server.title))
}

export async function mark(server: Server, tool: Tool, readOnly: boolean): Promise<void> {
  await unwrap(api.PUT('/api/tools/{server_id}/read-only', { ...at(server), body: { tool: tool.name, read_only: readOnly, revision: tool.revision } }))
  showToast(readOnly ? texts.list.markedReadOnly(tool.name) : texts.list.markedChanging(tool.name), () => mark(server, tool, !readOnly))
}

/** Accepts changed tools as they were shown; one that has changed once more is refused. */
export async function accept(server: Server, tools: readonly Tool[]): Promise<void> {
  const revisions = Object.fromEntries(tools.map(({ name, revision }) => [name, revision]))
  await unwrap(api.PUT('/api/tools/{server_id}/accept', { ...at(server), body: { tools: tools.map(({ name }) => name), revisions } }))
  showToast(tools.length === 1 ? texts.tool.accepted(tools[0]!.name) : texts.list.acceptedAll(tools.length))
}

export async function acceptInstructions(server: Server): Promise<void> {
  await unwrap(api.PUT('/api/tools/{server_id}/accept', { ...at(server), body: { tools: [], instructions: server.new_instructions } }))
  showToast(texts.page.instructionsAccepted)
}

export async function watch(path: string): Promise<void> {
  await unwrap(api.PUT('/api/tools/watched', { body: { path } }))
  showToast(path ? texts.watched.following : texts.watched.stopped)
}

/** Offers these tools only. */
export async function offer(server: Server, names: readonly string[]): Promise<void> {
  const before = offeredTools(server).map(({ name }) => name)
  const put = (tools: readonly string[]) =>
    unwrap(api.PUT('/api/tools/{server_id}/offered', { ...at(server), body: { tools: tools.length === server.tools.length ? null : [...tools] } }))
  await put(names)
  showToast(texts.list.saved(names.length), () => put(before))
}

export async function confirm(server: Server): Promise<void> {
  await unwrap(api.POST('/api/tools/{server_id}/confirm', { params: { ...at(server).params, query: { revision: server.revision } } }))
  showToast(texts.page.confirmed)
}

export async function restart(server: Server): Promise<void> {
  await unwrap(api.POST('/api/tools/{server_id}/restart', at(server)))
  showToast(texts.page.restarted)
}

/** Begins a sign-in: Deskhand opens its page in the browser, if it can. */
export async function signIn(server: Server): Promise<void> {
  const { url } = await unwrap(api.POST('/api/tools/{server_id}/sign-in', { ...at(server), body: { open: true } }))
  showToast(url ? texts.signIn.opened : texts.signIn.signedIn)
}

export async function signOut(server: Server): Promise<void> {
  await unwrap(api.DELETE('/api/tools/{server_id}/sign-in', at(server)))
  showToast(texts.signIn.signedOut)
}

export async function remove(server: Server): Promise<void> {
  await unwrap(api.DELETE('/api/tools/{server_id}', at(server)))
  showToast(texts.remove.removed(server.title))
}

export type Values = Partial<Record<'environment' | 'headers' | 'variables', Record<string, string>>>

export async function replaceValues(server: Server, values: Values): Promise<void> {
  await unwrap(api.PUT('/api/tools/{server_id}/secrets', { ...at(server), body: values }))
  showToast(texts.values.saved)
}
