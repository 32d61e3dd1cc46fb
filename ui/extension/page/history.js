// The person's own history, as chatgpt.com's page itself reads it: a list of conversations, and each in the form of the export.
// This interface is not documented and may change; then an import says so and nothing else of the extension is affected.
import {Refused} from './link.js'
import {squeeze} from './answer.js'

const RECENT = 28  // chats in which a message is looked for, as many as the page itself lists at once
const SKEW = 120  // seconds by which a message may be older than it seems
const PAUSE = 600  // seconds after "too many requests" that names no time

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

/** Find a message that was sent after a moment: {chat_id, skip} (of the person's messages before it), or null if it was not.

Rejects with "find_failed" if more chats changed since then than are looked through. */
export async function findSent({message, chat_id: chatId, since}) {
  const from = (since + (await readClockError())) / 1000 - SKEW
  if (chatId) return findIn(chatId, message, from)
  const {items} = await list({offset: 0, limit: RECENT})
  const recent = items.filter((item) => Date.parse(item.update_time) / 1000 >= from)
  for (const {id} of recent) {
    const place = await findIn(id, message, from)
    if (place) return place
  }
  if (recent.length === RECENT) throw new Refused('find_failed', 'Too many chats changed since then.')
  return null
}

/** By how many milliseconds ChatGPT's clock, whose times messages have, is ahead of this computer's; 0 if that is not known. */
async function readClockError() {
  const date = (await request('/api/auth/session')).headers.get('date')
  return date ? Date.parse(date) - Date.now() : 0
}

async function findIn(chatId, message, from) {
  const {mapping, current_node: last} = JSON.parse(await conversation({id: chatId}))
  const wanted = squeeze(message)
  const sent = pathTo(mapping, last).map((node) => node.message).filter((each) => each?.author?.role === 'user')
  const skip = sent.findLastIndex((each) => (each.create_time ?? from) >= from && squeeze(textOf(each)) === wanted)
  return skip < 0 ? null : {chat_id: chatId, skip}
}

const textOf = (message) => (message.content?.parts ?? []).filter((part) => typeof part === 'string').join('\n')

function pathTo(mapping, last) {
  const path = []
  for (let id = last; mapping[id] && path.length < 10_000; id = mapping[id].parent) path.unshift(mapping[id])
  return path
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
    const seconds = Number(response.headers.get('retry-after')) || PAUSE
    throw new Refused('limit', 'ChatGPT asks for a pause.', {seconds})
  }
  if (response.status === 401) throw new Refused('signed_out', 'ChatGPT is not signed in.')
  if (response.status === 403) throw new Refused('challenge', 'ChatGPT wants to see a person.')
  if (response.status === 404) throw new Refused('gone', 'This conversation is not there any more.')
  throw new Refused('history_unavailable', `ChatGPT's history answered with status ${response.status}.`)
}
