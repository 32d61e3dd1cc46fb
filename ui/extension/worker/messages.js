// What requests and their outcomes look like: their page's address, and the messages to Deskhand.

const PART = 200_000  // characters of an answer in one message
const LONGEST = {title: 1_000, note: 500, error: 4_000}  // characters that Deskhand takes

/** The path of a request's page. */
export function addressOf({chat_id: chatId, project, model, temporary}) {
  const path = chatId ? `/c/${encodeURIComponent(chatId)}` : project ? `/g/${encodeURIComponent(project)}/project` : '/'
  const query = new URLSearchParams()
  if (model) query.set('model', model)
  if (temporary && !chatId) query.set('temporary-chat', 'true')
  return query.size ? `${path}?${query}` : path
}

/** Split a text into parts; no pair of surrogates is cut. */
export function split(text) {
  const parts = []
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + PART, text.length)
    if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1])) end--
    parts.push(text.slice(start, end))
    start = end
  }
  return parts.length ? parts : ['']
}

/** Write an outcome as messages; the last one is to be acknowledged. `about`: {request_id, token}. */
export function writeOutcome(about, {result, error}) {
  if (error) {
    const limit = error.resets_at ? {resets_at: error.resets_at} : {}
    return [{type: 'error', ...about, error: error.text?.slice(0, LONGEST.error), name: error.name, sent: error.sent, ...limit}]
  }
  const {text, chat_id: chatId = null, title = null, notes = [], model = null, citations = []} = result
  const parts = split(text)
  const last = parts.length - 1
  const before = last ? parts.map((part, index) => ({type: 'response_part', ...about, index, last: index === last, text: part})) : []
  const shown = {chat_title: title?.slice(0, LONGEST.title), notes: notes.map((note) => note.slice(0, LONGEST.note))}
  return [...before, {type: 'response', ...about, response: last ? '' : text, chat_id: chatId, model, citations, ...shown}]
}

/** Write what was found in the chat; a long answer is written as a response. */
export function writeFound(about, found) {
  if (found.state === 'answered' && split(found.text).length > 1) return writeOutcome(about, {result: found})
  const {state, text = null, chat_id: chatId = null, title = null} = found
  return [{type: 'found', ...about, state, response: text, chat_id: chatId, chat_title: title?.slice(0, LONGEST.title)}]
}
