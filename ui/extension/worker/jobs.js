// Requests, one after the other: acknowledged by Deskhand before anything is typed, noted before anything is sent, and looked for
// in the chat before anything is sent again.
import {Refused} from '../page/link.js'
import {NotAcknowledged} from './connection.js'
import {addressOf, writeFound, writeOutcome} from './messages.js'
import {local} from './storage.js'

const CERTAIN = ['leased', 'executing']  // phases in which nothing was sent
const DOUBTFUL = ['page_lost', 'page_error', 'not_confirmed', 'no_answer', 'disconnected', 'limit', 'extension_error']
const HELD = ['signed_out', 'challenge', 'two_answers', 'continue_generating', 'limit', 'unknown_layout', 'paused']  // states in which a chat cannot be looked into
const RETRY = 5  // seconds until an outcome is told again that Deskhand could not store

export class Jobs {
  #chain = Promise.resolve()
  #current = null
  #queued = new Set()
  #dropped = new Set()

  /** `settings`: {paused}; `changed()`: another request runs, or none; `failed(error)`: a request failed. */
  constructor({connection, tab, records, settings, changed, failed}) {
    Object.assign(this, {connection, tab, records, settings, changed, failed})
  }

  /** The request that is being worked on: {request_id, …}; null if there is none. */
  get current() {
    return this.#current?.request ?? null
  }

  /** Whether a request is being worked on or waits. */
  get isBusy() {
    return Boolean(this.#current || this.#queued.size)
  }

  /** Do one thing after everything that was begun before, and return its value. */
  enqueue(perform) {
    const done = this.#chain.then(perform)
    this.#chain = done.catch((error) => console.warn('Deskhand:', error))
    return done
  }

  // Requests

  /** Take a request from Deskhand. */
  take(request) {
    this.#queued.add(request.request_id)
    return this.enqueue(() => this.#work(request)).catch(() => {})
  }

  async #work(request) {
    const {request_id: id, token} = request
    this.#queued.delete(id)
    if (this.#dropped.delete(id)) return
    const stored = await this.records.read(id)
    const earlier = stored?.message === request.message ? stored : null  // otherwise it was edited
    if (earlier?.phase === 'sent') {
      await this.records.write(id, {token})
      if (!earlier.outcome?.result && !(await this.#isUnsent({...earlier, ...request, chat_id: request.chat_id ?? earlier.chat_id}))) return
    }
    const known = earlier?.outcome?.result
    await this.records.write(id, {...request, skip: null, outcome: null, since: earlier?.since ?? Date.now(), phase: known ? 'sent' : 'leased'})
    await this.#finish(id, () => known ?? this.#perform(request))
  }

  /** Look for the message of an earlier attempt. Returns whether it was not sent; Deskhand is told anything else. */
  async #isUnsent(request) {
    const about = {request_id: request.request_id, token: request.token}
    try {
      const found = await this.#look(request)
      if (found.state === 'not_sent') return true
      await this.#end(about.request_id, found.state === 'answered' ? {result: found} : {error: unanswered()})
    } catch (error) {
      this.connection.send(writeOutcome(about, {error: {name: error.name, text: error.message, sent: !HELD.includes(error.name)}})[0])
    }
    return false
  }

  /** Run a request on the page. If it may have been sent and the page does not say how it went, look. */
  async #perform(request) {
    if (this.settings.paused) throw new Refused('paused', 'The extension is paused.', {sent: false})
    try {
      const order = {...request, mode_changed: await local.read('mode_changed', false)}
      const hasFiles = Boolean(request.attachments?.length), wasLeft = await local.read('files_left', false)
      if (hasFiles) await local.write('files_left', true)  // until they are sent; then the editor is empty again
      const fresh = !request.chat_id || Boolean(request.model) || hasFiles || wasLeft
      const result = await this.#run('run', order, addressOf(request), {fresh})
      await local.write('mode_changed', request.response_type !== 'auto')
      if (hasFiles || wasLeft) await local.remove('files_left')
      return result
    } catch (error) {
      const record = await this.records.read(request.request_id)
      if (record.phase !== 'sent' || error.more?.sent === false || !DOUBTFUL.includes(error.name)) throw error
      const found = await this.#look(record).catch(() => null)
      if (found?.state === 'not_sent') throw new Refused(error.name, error.message, {...error.more, sent: false})
      if (found?.state === 'answered') return found
      throw error
    }
  }

  /** Do the last step of a request and tell Deskhand how it ended, unless the person took the tab while it was answered. */
  async #finish(id, perform) {
    try {
      return await this.#end(id, {result: await perform()})
    } catch (error) {
      if (error instanceof NotAcknowledged && error.refused) return this.records.write(id, {phase: 'ended'})  // it is another's now
      const {phase} = await this.records.read(id)
      const sent = error.more?.sent ?? !CERTAIN.includes(phase)
      if (sent && error.name === 'paused') return null  // it is looked for when the person resumes
      return this.#end(id, {error: {...error.more, name: nameOf(error), text: error.message, sent}})
    }
  }

  async #end(id, outcome) {
    await this.records.write(id, {outcome})
    if (outcome.error) this.failed(outcome.error)
    return this.deliver(id)
  }

  /** Tell Deskhand the outcome of a request; it stays stored until it is acknowledged. */
  async deliver(id) {
    const {token, outcome, phase} = (await this.records.read(id)) ?? {}
    if (!outcome || phase === 'ended') return
    try {
      await this.#confirm(writeOutcome({request_id: id, token}, outcome))
    } catch (error) {
      if (!error.refused) {
        if (this.connection.state === 'ready') setTimeout(() => this.recover(), RETRY * 1000)
        return
      }
      if ((await this.records.read(id)).token !== token) return this.deliver(id)  // Deskhand has asked again meanwhile
      const lost = {name: 'refused', text: error.message, sent: outcome.error?.sent ?? true}
      this.connection.send(writeOutcome({request_id: id, token}, {error: lost})[0])
    }
    await this.records.write(id, {phase: 'ended', reported: token})
  }

  #confirm(messages) {
    messages.slice(0, -1).forEach((message) => this.connection.send(message))
    return this.connection.confirm(messages.at(-1))
  }

  // The page

  /** Open a page, have it do a job and wait for its outcome. */
  async #run(method, request, path, options) {
    let link = await this.tab.open(path, options)
    if (this.settings.paused) throw new Refused('paused', 'The extension is paused.')
    const outcome = this.#expect(request)
    try {
      const {accepted} = await link.call(method, {request})
      if (!accepted) {
        link = await this.tab.open(path, {fresh: true})
        await link.call(method, {request})
      }
      if (this.#current) this.#current.opened = true
      return await outcome
    } finally {
      this.#release()
    }
  }

  #expect(request) {
    const outcome = new Promise((resolve, reject) => (this.#current = {request, resolve, reject}))
    outcome.catch(() => {})  // it may be rejected before anybody waits for it
    this.tab.tick(true)
    this.changed()
    return outcome
  }

  #release() {
    this.tab.tick(false)
    this.#current = null
    this.changed()
  }

  /** The page may type now: Deskhand has acknowledged it. */
  async mayType({request_id: id}) {
    const {token, phase} = await this.records.read(id)
    if (phase !== 'leased') throw new Refused('out_of_turn', 'This request is not the current one.', {sent: false})
    await this.connection.confirm({type: 'status_update', request_id: id, token, status: 'executing'}).catch((error) => {
      this.#current?.reject(error)
      throw error
    })
    await this.records.write(id, {phase: 'executing'})
  }

  /** The page is about to press the button: from now on the message may have been sent. */
  async maySend({request_id: id, skip}) {
    if (this.settings.paused) throw new Refused('paused', 'The extension is paused.', {sent: false})
    const {phase} = await this.records.read(id)
    if (phase !== 'executing') throw new Refused('out_of_turn', 'This request is not the current one.', {sent: false})
    await this.records.write(id, {phase: 'sent', skip})
  }

  /** The page wants a piece of a file: {data} in base64. */
  readAttachment({request_id: id, place, offset}) {
    if (this.current?.request_id !== id) throw new Refused('out_of_turn', 'This request is not the current one.', {sent: false})
    return this.connection.confirm({type: 'attachment', request_id: id, token: this.current.token, place, offset})
  }

  /** The page reports the chat that a message went into. */
  async noteChat({request_id: id, chat_id: chatId}) {
    if (chatId && (await this.records.read(id))?.phase === 'sent') await this.records.write(id, {chat_id: chatId})
  }

  progress({request_id: id, offset, text}) {
    if (this.current?.request_id === id) this.connection.send({type: 'progress', request_id: id, token: this.current.token, offset, text})
  }

  /** The page tells how a job ended; the worker may have been started anew meanwhile. */
  async outcome({request_id: id, result, error}) {
    if (this.current?.request_id === id) {
      if (result) this.#current.resolve(result)
      else this.#current.reject(new Refused(error.name, error.text, error))
      return
    }
    this.tab.job = null  // nobody is to wait for it
    const record = await this.records.read(id)
    if (result && record?.phase === 'sent' && !record.outcome) await this.records.write(id, {outcome: {result}})
    if (result) this.recover()
  }

  /** The page is gone. If it does not come back with its job, what may have been sent is looked for. */
  async lost(isClosed = false) {
    const current = this.#current
    if (!current) return
    const isBack = !isClosed && (await this.tab.connected().catch(() => null))
    if (!isBack && this.#current === current) current.reject(new Refused('page_lost', 'The tab was closed or shows another page.'))
  }

  /** A page is there: without the job that runs, it was loaded anew. */
  ready({job}) {
    const current = this.#current
    if (current?.opened && job !== current.request.request_id) current.reject(new Refused('page_lost', 'The page was loaded anew.'))
  }

  // Decisions

  /** Give up a request for Deskhand. */
  cancel(id) {
    if (this.current?.request_id === id) this.tab.link?.tell('cancel', {reason: 'Cancelled.', stop: true})
    else if (this.#queued.has(id)) this.#dropped.add(id)
  }

  /** The person takes the tab: what is not sent yet is not sent. */
  takeBack() {
    this.#current?.reject(new Refused('paused', 'The person took the tab back.'))
  }

  // Recovery

  /** There is a new connection: Deskhand is told that the request which runs is still being worked on. */
  async reconnected() {
    const id = this.current?.request_id
    const {token, phase} = (id && (await this.records.read(id))) || {}
    if (phase === 'executing' || phase === 'sent') this.connection.send({type: 'status_update', request_id: id, token, status: 'executing'})
  }

  /** After a start, a resumption or a new connection: deliver what is known, and look for what may have been sent. */
  recover() {
    return this.enqueue(async () => {
      for (const record of await this.records.open()) await this.#recover(record)
    }).catch(() => {})
  }

  async #recover(record) {
    const {request_id: id, phase, outcome} = record
    if (outcome) return this.deliver(id)
    if (this.settings.paused || this.connection.state !== 'ready') return null
    if (CERTAIN.includes(phase)) return this.#end(id, {error: interrupted('The browser was interrupted before the message was sent.')})
    try {
      const found = (await this.#resume(record)) ?? (await this.#look(record))
      const failure = found.state === 'not_sent' ? interrupted('The message is not in the chat.') : unanswered()
      return await this.#end(id, found.state === 'not_sent' || found.state === 'sent' ? {error: failure} : {result: found})
    } catch (error) {
      if (HELD.includes(error.name)) return this.failed({name: error.name, text: error.message, ...error.more})  // later
      return this.#end(id, {error: {...error.more, name: nameOf(error), text: error.message, sent: true}})
    }
  }

  /** Wait for the page that may still be at it. Null if it is not. */
  async #resume(record) {
    if (!(await this.tab.exists())) return null
    const outcome = this.#expect(record)
    try {
      await this.tab.connected()
      if (this.tab.job !== record.request_id) return null
      this.#current.opened = true
      return await outcome
    } catch (error) {
      if (DOUBTFUL.includes(error.name)) return null
      throw error
    } finally {
      this.#release()
    }
  }

  // Looking for a message

  /** Look for the message of a request: {state: "answered", …}, {state: "sent"} or {state: "not_sent"}. Rejects if that cannot be known.

  With a record of this browser the chat and the message's place in it are known; otherwise the history tells, by time. */
  async #look(request) {
    if (request.chat_id && Number.isInteger(request.skip)) return this.#lookInto(request)
    const {chat_id: chatId = null, message, project, temporary} = request
    const since = typeof request.since === 'string' ? Date.parse(request.since) : request.since
    if (!since || (!chatId && (project || temporary))) throw new Refused('find_failed', 'It cannot be known whether this was sent.')
    const link = await this.tab.open('/')
    const place = await link.call('findSent', {message, chat_id: chatId, since})
    return place ? this.#lookInto({...request, ...place}) : {state: 'not_sent'}
  }

  #lookInto(request) {
    return this.#run('find', request, `/c/${encodeURIComponent(request.chat_id)}`, {fresh: true})
  }

  /** Answer Deskhand's question whether a message is in its chat. */
  find(question) {
    const renewed = this.#renew(question)
    return this.enqueue(() => renewed.then(() => this.#find(question))).catch(() => {})
  }

  /** What still runs is told Deskhand under its new lease: the earlier one is worth nothing any more. */
  async #renew({request_id: id, token, message}) {
    const record = await this.records.read(id)
    if (record?.message === message && record.phase !== 'ended') await this.records.write(id, {token})
  }

  async #find(question) {
    const {request_id: id, token} = question
    const stored = (await this.records.read(id)) ?? {}
    const record = [undefined, question.message].includes(stored.message) ? stored : {}  // that of another text says nothing
    if (record.reported === token) return  // Deskhand knows by now
    try {
      const request = {...question, ...record, chat_id: record.chat_id ?? question.chat_id}
      const found = CERTAIN.includes(record.phase) ? {state: 'not_sent'} : await this.#look(request)
      writeFound({request_id: id, token}, found).forEach((message) => this.connection.send(message))
      await this.records.write(id, {phase: 'ended'})
    } catch (error) {
      const name = HELD.includes(error.name) ? error.name : 'find_failed'
      this.connection.send({type: 'error', request_id: id, token, error: error.message, name, sent: name === 'find_failed'})
      this.failed({name, text: error.message, ...error.more})
    }
  }
}

const nameOf = (error) => (error instanceof NotAcknowledged ? 'not_acknowledged' : error.more ? error.name : 'extension_error')
const interrupted = (text) => ({name: 'interrupted', text, sent: false})
const unanswered = () => ({name: 'no_answer', text: 'The message is in the chat, without an answer.', sent: true})
