// The import of the person's own history: politely, so that the page's limits are never met, and resumable at any point.
import {local} from './storage.js'

const PAGE = 28  // conversations in one list, as the page itself asks for them
const QUICK = 200  // conversations before it goes slowly
const PAUSE = 2  // seconds between two of the first ones
const SLOW = 60  // seconds between two of the others
const LARGEST = 900_000  // bytes; a message of the socket has a mebibyte
const RETRY = 600  // seconds after an error
const ALARM = 'history'
const PAUSED = 'history_paused'  // apart from the state, which a conversation that arrives meanwhile overwrites

/** An import. Its state is stored after each conversation: {since, offset, queue, sent, count, skipped, total, last, done, resumes_at, problem}. */
export class History {
  #running = false

  /** `isFree()`: the page takes messages. Requests go first. */
  constructor({connection, tab, jobs, isFree}) {
    Object.assign(this, {connection, tab, jobs, isFree})
    chrome.alarms.onAlarm.addListener((alarm) => alarm.name === ALARM && this.go())
  }

  read() {
    return local.read('history')
  }

  /** Start an import, or go on with one. `since`: conversations that were not changed after it (ISO 8601) are left out. */
  async start({since = null, cursor = null}) {
    const state = await this.read()
    if (!state || state.done || state.since !== since) {
      const {offset = 0, sent = []} = JSON.parse(cursor || '{}')
      await this.#write({since, offset, queue: [], sent, count: 0, skipped: [], total: null, last: false, done: false, resumes_at: 0})
    }
    return this.resume()
  }

  async pause() {
    await local.write(PAUSED, true)
    await this.report()
  }

  async resume() {
    await local.remove(PAUSED)
    await this.report()
    await this.#wait(0)  // a step that still saw the pause ends what runs
    return this.go()
  }

  /** End an import. It is paused until what runs now has ended; what has arrived stays in Deskhand. */
  async stop() {
    await this.pause()
    return this.jobs.enqueue(async () => {
      if (await local.read(PAUSED)) await this.#remove()  // unless it was started again
    })
  }

  /** How far the import is: {count, total, skipped, done, paused, problem, seconds_left}; null if there is none. */
  async describe() {
    const state = await this.read()
    return state && describe(state, await local.read(PAUSED, false))
  }

  /** Tell Deskhand how far it is. */
  async report() {
    const progress = await this.describe()
    if (progress) this.connection.send({type: 'import_progress', ...progress})
  }

  /** Go on until there is a reason to wait. Called after a start, a connection and by the alarm. */
  async go() {
    if (this.#running) return
    this.#running = true
    try {
      while (await this.jobs.enqueue(() => this.#step())) await new Promise((resolve) => setTimeout(resolve, PAUSE * 1000))
    } finally {
      this.#running = false
    }
  }

  /** Bring one conversation. Returns whether the next one may follow at once. */
  async #step() {
    const state = await this.read()
    if (!state || state.done || (await local.read(PAUSED)) || this.connection.state !== 'ready') return false
    const wait = state.resumes_at - Date.now()
    if (wait > 0 || this.jobs.isBusy || !this.isFree()) {
      await this.#wait(Math.max(wait / 1000, 1))
      return false
    }
    state.problem = ''
    try {
      const link = await this.tab.open('/')
      if (!state.queue.length && !state.last) await this.#list(link, state)
      const item = state.queue.shift()
      if (item) await this.#bring(link, state, item)
      else if (state.last) await this.#finish(state)
    } catch (error) {
      if (error.name === 'gone') return true
      if (error.refusal === 'forbidden') return this.#remove()  // it was stopped in Deskhand
      const seconds = error.more?.seconds ?? RETRY
      await this.#write({...(await this.read()), resumes_at: Date.now() + seconds * 1000, problem: error.message})
      await this.#wait(seconds)
      return false
    }
    if (state.done) return false
    if (state.count < QUICK) return true
    await this.#write({...state, resumes_at: Date.now() + SLOW * 1000})
    await this.#wait(SLOW)
    return false
  }

  /** Read the next list. An empty one, or one that is older than `since`, is the end. */
  async #list(link, state) {
    const {items, total} = await link.call('list', {offset: state.offset, limit: PAGE})
    const since = state.since ? Date.parse(state.since) : 0
    const recent = items.filter((item) => momentOf(item.update_time) > since)
    state.queue = recent.map(({id}) => id).filter((id) => !state.sent.includes(id))
    state.offset += items.length
    state.total = total
    state.last = !items.length || recent.length < items.length
    await this.#write(state)
  }

  async #bring(link, state, id) {
    const text = await link.call('conversation', {id}).catch(async (error) => {
      if (error.name === 'gone') await this.#write(state)
      throw error
    })
    if (new TextEncoder().encode(text).length > LARGEST) state.skipped.push(id)
    else await this.#tell(state, [JSON.parse(text)])
    state.sent.push(id)
    state.count++
    await this.#write(state)
  }

  /** Send conversations and say how far it is. Deskhand can give the cursor to another browser. */
  async #tell(state, conversations) {
    const {offset, sent, count, skipped, total, done} = state
    const cursor = JSON.stringify({offset: Math.max(0, offset - PAGE), sent: sent.slice(-2 * PAGE)})
    const message = {type: 'history', request_id: 'history', conversations, cursor, count, total, skipped: skipped.length, done}
    await this.connection.confirm(message)
  }

  /** Tell Deskhand that this was all; then it imports what it has. */
  async #finish(state) {
    await this.#tell({...state, done: true}, [])
    state.done = true
    await this.#write(state)
  }

  /** Remove the import. Returns that nothing follows. */
  async #remove() {
    await local.remove('history')
    await local.remove(PAUSED)
    await chrome.alarms.clear(ALARM)
    this.connection.send({type: 'import_progress', stopped: true})
    return false
  }

  async #write(state) {
    await local.write('history', state)
    await this.report()
  }

  #wait(seconds) {
    return chrome.alarms.create(ALARM, {delayInMinutes: Math.max(seconds / 60, 0.5)})
  }
}

function describe(state, paused) {
  const {count, skipped, done, problem = ''} = state
  return {count, total: totalOf(state), skipped: skipped.length, done, paused, problem, seconds_left: secondsLeft(state)}
}

/** The number of conversations to import; null while it is not known. */
function totalOf({count, queue, last, since, total}) {
  if (last) return count + queue.length
  return since ? null : total
}

/** About how long an import takes from now on; null if that is not known. */
export function secondsLeft(state, now = Date.now()) {
  const total = totalOf(state)
  if (total === null) return null
  const left = Math.max(total - state.count, 0), quick = Math.min(left, Math.max(QUICK - state.count, 0))
  const wait = state.problem ? Math.max(state.resumes_at - now, 0) / 1000 : 0
  return Math.round(wait + quick * PAUSE + (left - quick) * SLOW)
}

const momentOf = (value) => (typeof value === 'number' ? value * 1000 : Date.parse(value))
