// The person's own history, as chatgpt.com's page itself reads it: a list of conversations, and each in the form of the export.
// This interface is not documented and may change; then an import says so and nothing else of the extension is affected.
import {Refused} from './link.js'
import {squeeze} from './answer.js'

const RECENT = 5  // conversations in which a message is looked for
const PATIENCE = 600  // seconds after "too many requests" that names no time

/** List conversations, the last changed first: {items: [{id, title, update_time}], total}. */
export async function list({offset, limit}) {
  const page = await (await read(`/backend-api/conversations?offset=${offset}&limit=${limit}&order=updated`)).json()
  const items = page.items.map(({id, title, update_time: changed}) => ({id, title, update_time: changed}))
  return {items, total: page.total ?? null}
}

/** Read a conversation as JSON text. */
export async function conversation({id}) {
  return (await read(`/backend-api/conversation/${encodeURIComponent(id)}`)).text()
}

/** Find the chat among the most recent ones that has a message of the person; null if none has. */
export async function findRecent({message}) {
  const wanted = squeeze(message)
  const {items} = await list({offset: 0, limit: RECENT})
  for (const {id} of items) {
    const {mapping} = JSON.parse(await conversation({id}))
    const messages = Object.values(mapping).map((node) => node.message).filter((each) => each?.author?.role === 'user')
    const texts = messages.map((each) => (each.content?.parts ?? []).filter((part) => typeof part === 'string').join('\n'))
    if (texts.some((text) => squeeze(text) === wanted)) return id
  }
  return null
}

async function read(path) {
  const session = await (await request('/api/auth/session')).json()
  if (!session.accessToken) throw new Refused('signed_out', 'ChatGPT is not signed in.')
  return request(path, {authorization: `Bearer ${session.accessToken}`})
}

async function request(path, headers = {}) {
  const response = await fetch(new URL(path, document.location.origin), {headers, credentials: 'same-origin'})
  if (response.ok) return response
  if (response.status === 429) {
    const seconds = Number(response.headers.get('retry-after')) || PATIENCE
    throw new Refused('limit', 'ChatGPT asks for a pause.', {seconds})
  }
  if (response.status === 401) throw new Refused('signed_out', 'ChatGPT is not signed in.')
  if (response.status === 403) throw new Refused('challenge', 'ChatGPT wants to see a person.')
  if (response.status === 404) throw new Refused('gone', 'This conversation is not there any more.')
  throw new Refused('history_unavailable', `ChatGPT's history answered with status ${response.status}.`)
}
