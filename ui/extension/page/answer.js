// The answer to a message: where it is, and when it is finished.
import {Refused} from './link.js'
import {toMarkdown} from './markdown.js'
import {heldBy, unknownLayout} from './states.js'

const SETTLED = 1.5  // seconds without a change; up to 1.07 were seen between the stop button's end and the last text
const SETTLED_WITHOUT_COPY = 3
const SETTLED_WITHOUT_STOP = 10  // if the stop button of a new answer was never seen: the page may have another one
const UNREAD = 20  // seconds after the stop button's end in which an answer appears, if its part of the page is known
const SILENCE = 180  // seconds without a stop button, a text or a state, after which no answer is expected
const READ = 0.2  // seconds between two readings: a long answer changes hundreds of times a second
const TITLE = 4  // seconds that a new chat's title is waited for

/** The text of a message as it is compared: without any space. */
export const squeeze = (text) => text.replace(/\s+/g, '').normalize('NFC')

/** Find the person's message with a text: the last one behind the first `skip`; with -1 it is only the very last message. */
export function findMessage(page, text, skip = 0) {
  const wanted = squeeze(text)
  return page.all('user').slice(skip).findLast((element) => squeeze(textOf(page, element)) === wanted) ?? null
}

const textOf = (page, element) => (page.find('text', element) ?? element).textContent

/** Find the answers to a message: all of the assistant's messages before the next one of the person. */
function answersTo(page, message) {
  const follows = (left, right) => left.compareDocumentPosition(right) & Node.DOCUMENT_POSITION_FOLLOWING
  const next = page.all('user').find((other) => follows(message, other))
  return page.all('assistant').filter((element) => follows(message, element) && !(next && follows(next, element)))
}

/** Read the answer as it is now: {text, citations, images, model}. */
export function readAnswer(page, message) {
  const elements = answersTo(page, message)
  const parts = elements.flatMap((element) => {
    const texts = page.all('text', element)
    return (texts.length ? texts : [element]).map(toMarkdown)
  })
  const model = elements.map((element) => element.dataset.messageModelSlug).filter(Boolean).at(-1) ?? null
  return {
    text: parts.map((part) => part.text).filter(Boolean).join('\n\n'),
    citations: parts.flatMap((part) => part.citations),
    images: parts.flatMap((part) => part.images),
    model,
  }
}

/** Wait until the answer to a message is finished, and return it. `locate` finds the message, which the page may draw anew.

The stop button is gone and the text has settled, which is looked at again after the title has come. `isNew`: the message was sent just now. `refuse()` rejects if it was not sent after all.
`report(held)`: the page's state changed; `progress(text)`: there is more text; `note(chatId)`: the chat has got its id. */
export async function waitForAnswer({silence = SILENCE, ...job}) {
  const {page, watch, locate} = job
  for (;;) {
    const answer = await settle({silence, ...job})
    const title = await waitForTitle(page, watch)
    const again = readAnswer(page, locate() ?? answer.message)
    if (again.text === answer.text && !page.find('stop') && !page.held()) return {...again, title, chat_id: page.chatId || null}
  }
}

async function settle({page, watch, locate, silence, isNew, refuse, report, progress, note}) {
  const seen = {chat: '', state: '', text: null, read: -Infinity, changed: watch.now(), alive: watch.now(), stop: false}
  return watch.until(() => {
    const now = watch.now()
    if (page.find('stop')) seen.stop = true
    if (now - seen.read < READ * 1000) return null
    seen.read = now
    const message = locate()
    const held = heldWhile(page, seen)
    if (page.chatId !== seen.chat) note((seen.chat = page.chatId))
    refuse?.()
    if ((held?.state ?? '') !== seen.state) report(held)
    seen.state = held?.state ?? ''
    const answer = message ? readAnswer(page, message) : {text: ''}
    if (answer.text !== seen.text) {
      Object.assign(seen, {text: answer.text, changed: now, alive: now})
      progress(answer.text)
    }
    if (held?.state === 'limit' && now - seen.changed > UNREAD * 1000) throw heldBy(held, true)
    if (held?.state === 'limit') return null
    if (page.find('stop') || held) {
      Object.assign(seen, {changed: now, alive: now})
      return null
    }
    refuseSilence(page, seen, (now - seen.alive) / 1000, silence)
    const wait = !seen.stop && isNew ? SETTLED_WITHOUT_STOP : page.find('copy', turnOf(page, message)) ? SETTLED : SETTLED_WITHOUT_COPY
    return seen.text && message && now - seen.changed >= wait * 1000 && {...answer, message}
  })
}

/** The state in which an answer does not go on. A notice of a limit is none once the answer has begun. */
function heldWhile(page, seen) {
  const held = page.held()
  return held?.state === 'limit' && seen.text ? null : held
}

/** Reject when no answer can be expected any more. */
function refuseSilence(page, seen, seconds, silence) {
  if (page.failure && seconds > SETTLED) throw new Refused('page_error', page.failure, {sent: true})
  if (seen.stop && !seen.text && seconds > UNREAD) {
    throw unknownLayout(['assistant'], true)
  }
  if (seconds > silence) throw new Refused('no_answer', 'ChatGPT did not answer.', {sent: true})
}

/** The part of the page that holds the last answer and its buttons. */
const turnOf = (page, message) => (message && answersTo(page, message).at(-1)?.closest(page.layout.parts.turn.selectors.join(', '))) || page.document

async function waitForTitle(page, watch) {
  const start = watch.now()
  await watch.until(() => (page.title && page.chatId) || isTemporary(page) || watch.now() - start > TITLE * 1000)
  return page.title || null
}

const isTemporary = (page) => new URLSearchParams(page.document.location.search).get('temporary-chat') === 'true'
