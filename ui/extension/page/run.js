// One request on the page: enter the message, send it once, and read the answer.
import {attach, fetchFiles, requireFiles} from './attachments.js'
import {findMessage, squeeze, waitForAnswer} from './answer.js'
import {clear, compare, paste, readEditor, type} from './editor.js'
import {Refused} from './link.js'
import {chooseMode} from './modes.js'
import {isEnabled, selfTest} from './page.js'
import {heldBy, notSent, refuseHeld, unknownLayout} from './states.js'
import {TimedOut} from './watch.js'

const LOAD = 15  // seconds until a page that goes on changing is there
const DRAWN = 0.5  // seconds without a new message, after which a chat is complete
const BUTTON = 6  // seconds until the message can be sent
const SENT = 20  // seconds until the page shows the message that was sent
const BUSY = 900  // seconds that an answer which is still being written is waited for
const TYPED = 200  // characters; more, or more than a line, is pasted

/** Wait until the page is complete, in the chat that is wanted, and return it. Rejects with its state, by name. */
export async function openPage(document, watch, loading, chatId) {
  let result
  try {
    result = await watch.until(() => {
      const test = selfTest(document)
      if (test.page.held()) return test
      if (chatId && test.page.failure && (test.page.chatId !== chatId || !test.page.find('user'))) throw notSent('chat_not_found', test.page.failure)
      if (chatId && test.page.chatId !== chatId) return null
      return test.ok ? document.readyState !== 'loading' && test : loading.isOver && test
    }, LOAD)
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    const test = selfTest(document)
    if (chatId && test.page.chatId !== chatId) throw notSent('chat_not_found', 'ChatGPT did not open this chat.')
    throw unknownLayout(test.missing)
  }
  refuseHeld(result.page)
  if (!result.ok) throw unknownLayout(result.missing)
  return result.page
}

/** Run a job. `ask(method, params)` calls the service worker; `report`, `progress`, `note` tell it something.

`job.pressed` becomes true right before the message is sent. */
export async function run({document, watch, loading, job, ask, report, progress, note}) {
  const {request} = job
  const page = await openPage(document, watch, loading, request.chat_id)
  requireFiles(page, 0)
  const files = await fetchFiles(request, ask)
  await untilIdle(page, watch, request)
  await ask('may_type', {request_id: request.request_id})
  const notes = await chooseModes(page, watch, request)
  await attach(page, watch, files)
  const draft = await enter(page, watch, request.message, notes)
  const skip = page.all('user').length
  try {
    await send(page, watch, {job, skip, ask, count: files.length})
  } catch (error) {
    if (!job.pressed) replace(page, draft)
    throw error
  }
  report(null)
  const locate = () => findMessage(page, request.message, page.all('user').length > skip ? skip : -1)
  const answer = await waitForAnswer({page, watch, locate, isNew: true, refuse: () => refuseLimit(page, request), report, progress, note})
  if (squeeze(draft) !== squeeze(request.message)) restore(page, draft)
  noteModel(request, answer, notes)
  return {...answer, notes}
}

/** Wait until no answer is being written and all messages of a chat are there. */
async function untilIdle(page, watch, request) {
  try {
    await watch.until(() => !page.find('stop') || page.held(), BUSY)
  } catch (error) {
    throw error instanceof TimedOut ? notSent('busy', 'Another answer is being written in this chat.') : error
  }
  if (request.chat_id) await watch.settled(() => page.all('user').length, DRAWN)
  refuseHeld(page)
}

async function chooseModes(page, watch, request) {
  if (request.response_type === 'auto' && !request.mode_changed) return []
  const lacking = await chooseMode(page, watch, request)
  if (lacking.length && request.on_unavailable_mode === 'fail') throw notSent('mode_unavailable', `ChatGPT does not offer ${lacking.join(', ')} now.`)
  return lacking.map((choice) => `${choice} is not offered by the page; its default was used.`)
}

/** Put the message into the editor and return what was there before. Rejects, with an empty editor, unless it is there exactly. */
async function enter(page, watch, message, notes) {
  const draft = readEditor(page.find('editor')).trim()
  const [first, second] = message.length > TYPED || message.includes('\n') ? [paste, type] : [type, paste]
  for (const way of [first, second]) {
    clear(page.find('editor'))
    way(page.find('editor'), message)
    const result = compare(message, readEditor(page.find('editor')))
    if (result === 'different') continue
    if (result === 'blank_lines') notes.push('The page removed blank lines of the message.')
    return draft
  }
  replace(page, draft)
  throw notSent('text_mismatch', "The page's editor did not take the message as it is.")
}

/** Press the button once the service worker has noted it. From then on the message may have been sent. */
async function send(page, watch, {job, skip, ask, count}) {
  const {request} = job
  let button
  try {
    button = await watch.until(() => page.held() || page.all('send').find(isEnabled), BUTTON)
  } catch (error) {
    throw error instanceof TimedOut ? unknownLayout(['send']) : error
  }
  refuseHeld(page)
  await ask('may_send', {request_id: request.request_id, skip})
  if (watch.cancelled) throw watch.cancelled
  if (compare(request.message, readEditor(page.find('editor'))) === 'different') throw notSent('text_mismatch', 'The text in the editor was changed.')
  requireFiles(page, count)
  job.pressed = true
  ;(page.find('send') ?? button).click()
  await confirm(page, watch, job, skip)
}

/** Wait until the page shows the message. */
async function confirm(page, watch, {request}, skip) {
  const isShown = () => page.all('user').length > skip && Boolean(findMessage(page, request.message, skip))
  const hasBegun = () => page.find('stop') || page.failure || page.all('assistant').length > skip
  try {
    await watch.until(() => (isShown() && hasBegun()) || refuseLimit(page, request), SENT)
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    if (isShown()) return
    if (page.held()) throw heldBy(page.held(), true)
    if (page.chatId || page.find('stop')) throw unknownLayout(['user'], true)
    throw new Refused('not_confirmed', page.failure || 'The page does not show the message.', {sent: true})
  }
}

/** Reject if the page shows a limit and has put the message back into the editor: then it was not sent. */
function refuseLimit(page, request) {
  const held = page.held(), editor = page.find('editor')
  if (held?.state !== 'limit' || !editor || squeeze(readEditor(editor)) !== squeeze(request.message)) return
  clear(editor)
  throw heldBy(held, false)
}

/** Take our message out of the editor. */
function replace(page, draft) {
  const editor = page.find('editor')
  if (editor) clear(editor)
  restore(page, draft)
}

/** Put the person's own draft back into an empty editor. */
function restore(page, draft) {
  const editor = page.find('editor')
  if (draft && editor && !readEditor(editor).trim()) paste(editor, draft)
}

function noteModel(request, answer, notes) {
  if (!request.model || answer.model === request.model) return
  notes.push(answer.model ? `The model ${answer.model} answered instead of ${request.model}.` : `The page does not say whether ${request.model} answered.`)
}
