// The service worker: the socket to Deskhand, the requests, the work tab, and what the person decides.
import {CONFIG} from './config.js'
import {nameBrowser} from './worker/browser.js'
import {Connection} from './worker/connection.js'
import {History} from './worker/history.js'
import {Jobs} from './worker/jobs.js'
import {pair, unpair} from './worker/pairing.js'
import {local, Records} from './worker/storage.js'
import {WorkTab} from './worker/work_tab.js'

const ALARM = 'awake'
const LOOK = 5, LOOK_HELD = 2  // seconds between two looks at an idle page
const CAPABILITIES = ['response_type', 'thinking_time', 'model', 'project', 'temporary', 'progress', 'response_part', 'find', 'self_test', 'import', 'attachments']
const READY = {state: 'ready', detail: '', missing: [], resets_at: null}
const PAUSED = {...READY, state: 'paused', detail: 'Paused in the browser.'}

const HELD = ['signed_out', 'challenge', 'two_answers', 'continue_generating', 'limit', 'unknown_layout']
const VISIBLE = ['editor', 'user', 'assistant']  // parts that a look at an idle page can find again
const RETRY = 600  // seconds until a page that lacked other parts, or that still has a limit, is tried again
const LIMIT = 3600  // seconds that a limit lasts which names no time

const version = chrome.runtime.getManifest().version
const settings = {paused: false, place: 'tab'}
const pairing = {text: '', failed: false}
let page = READY, test = null
let looked = -Infinity, held = 0, reloaded = -Infinity  // seconds of the monotonic clock, which nobody sets

const connection = new Connection({
  hello: () => ({version, browser: nameBrowser(), capabilities: CAPABILITIES}),
  receive,
  changed: connectionChanged,
})
const tab = new WorkTab({
  site: CONFIG.site,
  place: () => settings.place,
  lost: (isClosed) => jobs.lost(isClosed),
  methods: {
    ready: (about) => jobs.ready(about),
    may_type: (params) => jobs.mayType(params),
    may_send: (params) => jobs.maySend(params),
    attachment: (params) => jobs.readAttachment(params),
    note_chat: (params) => jobs.noteChat(params),
    progress: (params) => jobs.progress(params),
    outcome: (params) => jobs.outcome(params),
    state: tellPage,
    give_back: takeBack,
  },
})
const jobs = new Jobs({connection, tab, records: new Records(), settings, changed: showBadge, failed: noteFailure})
const history = new History({connection, tab, jobs, isFree: () => !settings.paused && page.state === 'ready'})

function receive(message) {
  const handle = {
    new_request: () => jobs.take(message),
    find: () => jobs.find(message),
    cancel: () => jobs.cancel(message.request_id),
    self_test: selfTest,
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    import_history: () => history.start(message),
    pause_import: () => history.pause(),
    resume_import: () => history.resume(),
    stop_import: () => history.stop(),
  }[message.type]
  handle?.()
}

function connectionChanged() {
  showBadge()
  if (connection.state !== 'ready') return
  tellPage(settings.paused ? PAUSED : page, true)
  if (test) connection.send({type: 'self_test', ...test})
  jobs.reconnected()
  jobs.recover()
  history.report()
  history.go()
}

/** Tell Deskhand the state of the page when it is another one. */
function tellPage(state, again = false) {
  const next = settings.paused ? PAUSED : state
  const isNew = JSON.stringify(next) !== JSON.stringify(page)
  page = next
  if (isNew) [held, reloaded] = [now(), -Infinity]
  if (isNew || again) connection.send({type: 'page', ...page})
  if (isNew && page.state === 'ready') jobs.recover()
  showBadge()
}

/** A request failed because of the page's state: Deskhand learns it first, and sends no other. */
function noteFailure({name, text, missing = [], resets_at: resets = null}) {
  if (HELD.includes(name)) tellPage({state: name, detail: text, missing, resets_at: resets})
}

const now = () => performance.now() / 1000

/** Return whether a part was missing that only a request needs. */
const isUntestable = () => page.missing.some((part) => !VISIBLE.includes(part)) && now() - held < RETRY

/** Return whether a limit may be over, of which the page itself does not say that. */
function mayBeOver() {
  const isTime = page.resets_at ? Date.parse(page.resets_at) < Date.now() : now() - held > LIMIT
  return page.state === 'limit' && isTime && now() - reloaded > RETRY
}

/** Look at the page while nothing runs on it: the person may have signed in, or a limit may have passed. */
async function lookAtPage() {
  const isHeld = page.state !== 'ready'
  if (jobs.current || settings.paused || connection.state !== 'ready' || now() - looked < (isHeld ? LOOK_HELD : LOOK)) return null
  looked = now()
  if (isHeld && isUntestable()) return null
  if (!(await tab.exists())) return tellPage(READY)
  if (mayBeOver()) {
    reloaded = now()
    await jobs.enqueue(() => tab.open('/', {fresh: true})).catch(() => null)
  }
  const state = await tab.link?.call('look').catch(() => null)
  return state && tellPage(state)
}

/** Test the page against the adapter, and tell Deskhand what it lacks. */
async function selfTest() {
  return jobs.enqueue(async () => {
    try {
      const link = await tab.open('/', {fresh: true})
      test = await untilLoaded(link)
    } catch (error) {
      test = {ok: false, layout: '', language: '', missing: [error.name]}
    }
    connection.send({type: 'self_test', ...test})
    if (test.ok) tellPage(READY)
    return test
  })
}

/** A page that is still being drawn lacks parts; it is tested until it has them or is loaded, for 10 seconds. */
async function untilLoaded(link) {
  for (let second = 0; ; second++) {
    const {loading, ...result} = await link.call('test')
    if (result.ok || !loading || second === 10) return result
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

async function setPaused(paused) {
  settings.paused = paused
  await local.write('settings', settings)
  page = READY
  tellPage(paused ? PAUSED : READY, true)
  if (!paused) jobs.recover()
  if (!paused) history.go()
}

/** Give the person the tab, at once, and pause. */
async function takeBack() {
  settings.paused = true
  jobs.takeBack()
  await tab.giveBack()
  await setPaused(true)
}

function showBadge() {
  const [text, colour, title] = describeBadge()
  chrome.action.setBadgeText({text})
  chrome.action.setBadgeBackgroundColor({color: colour})
  chrome.action.setTitle({title: `Deskhand: ${title}`})
}

function describeBadge() {
  if (connection.state !== 'ready') return ['off', '#6b7280', 'not connected']
  if (settings.paused) return ['II', '#b45309', 'paused']
  if (jobs.current) return ['…', '#1d4ed8', 'working in its tab']
  if (page.state !== 'ready') return ['!', '#b91c1c', page.state.replaceAll('_', ' ')]
  return ['', '#1d4ed8', 'ready']
}

/** What the popup asks for. Only the extension's own pages may. */
const actions = {
  status: async () => ({
    version,
    wantedVersion: connection.wantedVersion,
    connection: connection.state,
    detail: connection.detail,
    address: (await local.read('pairing'))?.address ?? CONFIG.deskhand,
    paired: Boolean(await local.read('pairing')),
    pairing,
    page,
    test,
    busy: Boolean(jobs.current),
    settings,
    history: await history.describe(),
  }),
  pair: (order) => startPairing(order),
  unpair: async () => {
    await unpair()
    connection.use(null)
  },
  pause: () => setPaused(true),
  resume: () => setPaused(false),
  takeBack,
  selfTest,
  pauseImport: () => history.pause(),
  resumeImport: () => history.resume(),
  stopImport: () => history.stop(),
  place: async ({place}) => {
    settings.place = place
    await local.write('settings', settings)
  },
}

async function startPairing(order) {
  Object.assign(pairing, {text: '', failed: false})
  try {
    const paired = await pair({...order, browser: nameBrowser()}, (text) => (pairing.text = text))
    await local.write('pairing', paired)
    pairing.text = ''
    connection.use(paired)
  } catch (error) {
    Object.assign(pairing, {text: error.message, failed: true})
  }
}

async function start() {
  Object.assign(settings, await local.read('settings', {}))
  connection.use(await local.read('pairing'))
}

// Browsers only wake a worker for listeners that it adds at once.
const started = start()
chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (sender.origin !== location.origin || !Object.hasOwn(actions, message.action)) return false
  started.then(() => actions[message.action](message)).then(respond, (error) => respond({error: error.message}))
  return true
})
chrome.commands.onCommand.addListener((command) => started.then(() => (command === 'take-back' ? takeBack() : setPaused(!settings.paused))))
chrome.alarms.onAlarm.addListener((alarm) => alarm.name === ALARM && started.then(() => connection.connect()))
chrome.alarms.create(ALARM, {periodInMinutes: 0.5})
setInterval(lookAtPage, 1000)
