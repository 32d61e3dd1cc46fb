// The answer to a message: where it is, and when it is finished.
import {Refused} from './link.js'
import {toMarkdown} from './markdown.js'

const SETTLED = 1.5  // seconds without a change; up to 1.07 were seen between the stop button's end and the last text
const SETTLED_WITHOUT_COPY = 3
const SILENCE = 180  // seconds without a stop button, a text or a state, after which no answer is expected
const TITLE = 4  // seconds that a new chat's title is waited for

/** The text of a message as it is compared: without any space. */
export const squeeze = (text) => text.replace(/\s+/g, '').normalize('NFC')

/** Find the person's message with a text: the last one, or one behind the first `skip`. */
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

The stop button is gone and the text has settled, which is looked at again after the title has come.
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

async function settle({page, watch, locate, silence, report, progress, note}) {
  let chat = '', text = null, changed = watch.now(), alive = watch.now(), state = ''
  return watch.until(() => {
    const held = page.held(), message = locate(), now = watch.now()
    if (page.chatId !== chat) note((chat = page.chatId))
    if ((held?.state ?? '') !== state) report(held)
    state = held?.state ?? ''
    const answer = message ? readAnswer(page, message) : {text: ''}
    if (answer.text !== text) {
      text = answer.text
      changed = alive = now
      progress(text)
    }
    if (page.find('stop') || held) {
      changed = alive = now
      return null
    }
    if (page.failure && !page.find('stop') && now - changed > SETTLED * 1000) throw new Refused('page_error', page.failure, {sent: true})
    if (now - alive > silence * 1000) throw new Refused('no_answer', 'ChatGPT did not answer.', {sent: true})
    const wait = page.find('copy', turnOf(page, message)) ? SETTLED : SETTLED_WITHOUT_COPY
    return text && message && now - changed >= wait * 1000 && {...answer, message}
  })
}

/** The part of the page that holds the last answer and its buttons. */
const turnOf = (page, message) => (message && answersTo(page, message).at(-1)?.closest(page.layout.parts.turn.selectors.join(', '))) || page.document

async function waitForTitle(page, watch) {
  const start = watch.now()
  await watch.until(() => (page.title && page.chatId) || isTemporary(page) || watch.now() - start > TITLE * 1000)
  return page.title || null
}

const isTemporary = (page) => new URLSearchParams(page.document.location.search).get('temporary-chat') === 'true'
