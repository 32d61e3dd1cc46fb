// The part of the extension that lives in ChatGPT's page. It does nothing unless the service worker says that this is the work tab.
import {Banner} from './banner.js'
import {find} from './find.js'
import * as history from './history.js'
import {Link} from './link.js'
import {Loading} from './loading.js'
import {press} from './modes.js'
import {selfTest} from './page.js'
import {run} from './run.js'
import {describeState} from './states.js'
import {Cancelled, Watch} from './watch.js'

const LOAD = 20  // seconds until a page that lacks parts counts as changed although it goes on changing
const INTERVAL = 0.3  // seconds between two pieces of an answer
const LARGEST = 200_000  // characters of a piece

const banner = new Banner()
const loading = new Loading(document)
const started = performance.now()
let link = null, watch = null, job = null, outcome = null, left = false

const methods = {
  tick: () => watch?.tick(),
  look,
  test: () => describeTest(selfTest(document)),
  run: ({request}) => begin(run, request, 'Deskhand is working in this tab.'),
  find: ({request}) => begin(find, request, 'Deskhand is looking for a message in this tab.'),
  cancel: ({reason, stop}) => cancel(reason, stop),
  list: history.list,
  conversation: history.conversation,
  findSent: history.findSent,
  leave,
}

const describeTest = ({ok, layout, language, missing}) => ({ok, layout, language, missing, loading: !loading.isOver})

/** Describe the page while nothing runs: its state, or null while it is loading. */
function look() {
  const test = selfTest(document)
  const held = test.page.held()
  if (held || test.ok) return describeState(held)
  if (!loading.isOver && performance.now() - started < LOAD * 1000) return null
  return {state: 'unknown_layout', detail: '', missing: test.missing, resets_at: null}
}

/** Begin a job; its outcome is told when it has ended, again after a lost connection. */
function begin(perform, request, text) {
  if (job) return {accepted: false}
  job = {request, pressed: false}
  watch = new Watch(document)
  outcome = null
  banner.show(document, text, () => link.tell('give_back'))
  const about = {request_id: request.request_id}
  perform({
    document,
    watch,
    loading,
    job,
    ask: (method, params) => link.call(method, params),
    report: (held) => link.tell('state', describeState(held)),
    note: (chatId) => link.tell('note_chat', {...about, chat_id: chatId}),
    progress: pieces((piece) => link.tell('progress', {...about, ...piece})),
  }).then(
    (result) => end({...about, result}),
    (error) => end({...about, error: {...error.more, name: nameOf(error), text: error.message, sent: error.more?.sent ?? job.pressed}}),
  )
  return {accepted: true}
}

const nameOf = (error) => (error instanceof Cancelled ? 'cancelled' : error.more ? error.name : 'extension_error')

function end(ended) {
  job = null
  outcome = ended
  banner.hide()
  deliver()
}

async function deliver() {
  const delivered = outcome
  if (!delivered) return
  try {
    await link.call('outcome', delivered)
    if (outcome === delivered) outcome = null
  } catch {
    // the next connection delivers it
  }
}

function cancel(reason, stop) {
  if (!job) return
  if (stop && job.pressed) {
    const button = selfTest(document).page.find('stop')
    if (button) press(button)
  }
  watch.cancel(reason)
}

/** Tell pieces of a text that may change anywhere: what follows the part that is the same as before. Offsets count code points. */
function pieces(tell) {
  let last = '', at = -Infinity
  return (text) => {
    const now = performance.now()
    if (now - at < INTERVAL * 1000) return
    let offset = 0
    while (offset < text.length && text[offset] === last[offset]) offset++
    if (/[\ud800-\udbff]/.test(text[offset - 1] ?? '')) offset--  // the other half differs
    if (text.length - offset > LARGEST) return
    at = now
    last = text
    tell({offset: [...text.slice(0, offset)].length, text: text.slice(offset)})
  }
}

/** This tab is the person's now. */
function leave() {
  left = true
  loading.stop()
  cancel('The person took the tab back.', false)
  banner.hide()
}

function connect() {
  let port
  try {
    port = chrome.runtime.connect({name: 'page'})
  } catch {
    return  // the extension was removed or replaced; the new one opens a tab of its own
  }
  link = new Link(port, methods)
  port.onDisconnect.addListener(() => {
    watch?.tick()
    if (!left) connect()
  })
  link.tell('ready', {job: job?.request.request_id ?? outcome?.request_id ?? null, address: location.href})
  deliver()
}

connect()
