/** New credentials on their way to the connect page: in memory only, until that page is left. */
import { api, unwrap } from '../../lib/api'

export interface NewCredentials {
  name: string
  key?: string
  /** OAuth client id and secret of a GPT. */
  oauth?: { client_id: string; client_secret: string }
  warnings: string[]
}

/** Creates another key for a client, in place of the one before. */
export async function replaceKey(name: string): Promise<NewCredentials> {
  const { key, warnings } = await unwrap(api.POST('/api/clients/{name}/key', { params: { path: { name } } }))
  return { name, key, warnings }
}

/** Creates another OAuth client id and secret for a client, in place of those before. */
export async function renewOAuth(name: string): Promise<NewCredentials> {
  const { oauth, warnings } = await unwrap(api.POST('/api/clients/{name}/oauth', { params: { path: { name } }, body: {} }))
  return { name, ...(oauth && { oauth }), warnings }
}

let stored: NewCredentials | undefined

export function storeCredentials(credentials: NewCredentials): void { stored = credentials }

/** Returns and clears the stored credentials. */
export function takeCredentials(): NewCredentials | undefined {
  const taken = stored
  stored = undefined
  return taken
}
