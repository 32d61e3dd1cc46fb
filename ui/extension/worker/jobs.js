// Requests, one after the other: acknowledged by Deskhand before anything is typed, noted before anything is sent, and looked for
// in the chat before anything is sent again.
import {Refused} from '../page/link.js'
import {NotAcknowledged} from './connection.js'

const PART = 200_000  // characters of an answer in one message
const CERTAIN = ['leased', 'executing']  // phases in which nothing was sent
const DOUBTFUL = ['page_lost', 'page_error', 'not_confirmed', 'no_answer', 'disconnected', 'limit', 'extension_error']
const LARGEST_FOUND = 200_000  // characters

export class Jobs {
  #chain = Promise.resolve()
  #current = null
  #dropped = new Set()

  /** `settings`: {paused}; `changed()`: another request runs, or none; `failed(error)`: a request failed. */
  constructor({connection, tab, records, settings, changed, failed}) {
    Object.assign(this, {connection, tab, records, settings, changed, failed})
  }

  /** The request that is being worked on: {request_id, …}; null if there is none. */
  get current() {
    return this.#current?.request ?? null
  }

  /** Do one thing after everything that was begun before. */
  enqueue(perform) {
    this.#chain = this.#chain.then(perform).catch((error) => console.error('Deskhand:', error))
    return this.#chain
  }

  /** Take a request from Deskhand. */
  take(request) {
    return this.enqueue(() => this.#work(request))
  }

  async #work(request) {
    const {request_id: id, token} = request
    if (this.#dropped.delete(id)) return
    const earlier = await this.records.read(id)
    const isUncertain = earlier?.phase === 'sent' || request.find_first
    await this.records.write(id, {...earlier, ...request, token, outcome: null, phase: isUncertain ? 'sent' : 'leased'})
    await this.#finish(id, token, async () => {
      if (earlier?.outcome?.result) return earlier.outcome.result
      if (this.settings.paused) throw new Refused('paused', 'The extension is paused.', {sent: false})
      if (!isUncertain) return this.#perform(request)
      const found = await this.#look({...earlier, ...request, chat_id: request.chat_id ?? earlier?.chat_id})
      return found.state === 'not_sent' ? this.#perform(request) : answerOf(found)
    })
  }

  /** Run a step and tell Deskhand how it ended, unless the person took the tab and the message may have been sent. */
  async #finish(id, token, perform) {
    let outcome
    try {
      const result = await perform()
      outcome = {result}
    } catch (error) {
      if (error instanceof NotAcknowledged) return this.records.write(id, {phase: 'ended'})  // nothing was typed
      const {phase} = await this.records.read(id)
      const sent = error.more?.sent ?? !CERTAIN.includes(phase)
      if (sent && (error.name === 'paused' || error.more?.isLater)) return null  // it is looked for when the person resumes
      outcome = {error: {...error.more, name: error.more ? error.name : 'extension_error', text: error.message, sent}}
    }
    await this.records.write(id, {token, outcome})
    if (outcome.error) this.failed(outcome.error)
    return this.deliver(id)
  }

  /** Tell Deskhand the outcome of a request; it stays stored until it is acknowledged. */
  async deliver(id) {
    const {token, outcome, phase} = (await this.records.read(id)) ?? {}
    if (!outcome || phase === 'ended') return
    try {
      await this.#send({request_id: id, token}, outcome)
      await this.records.write(id, {phase: 'ended'})
    } catch (error) {
      if (!(error instanceof NotAcknowledged)) throw error
      if (error.refused) await this.#giveUp(id, token, outcome, error.message)
    }
  }

  /** Deskhand refused an outcome: the token is an old one, or it cannot store the answer, which it is told. */
  async #giveUp(id, token, outcome, text) {
    await this.records.write(id, {phase: 'ended'})
    if (outcome.result) this.connection.send({type: 'error', request_id: id, token, error: text, name: 'refused', sent: true})
  }

  async #send(about, {result, error}) {
    if (error) {
      const {name, text, sent, resets_at: resets} = error
      return this.connection.confirm({type: 'error', ...about, error: text, name, sent, ...(resets ? {resets_at: resets} : {})})
    }
    const {text, chat_id: chatId, title, notes, model, citations} = result
    const parts = split(text)
    if (parts.length > 1) parts.forEach((part, index) => this.connection.send({type: 'response_part', ...about, index, last: index === parts.length - 1, text: part}))
    const response = parts.length > 1 ? '' : text
    return this.connection.confirm({type: 'response', ...about, response, chat_id: chatId, chat_title: title, notes, model, citations})
  }

  /** Run a request on the page. If it may have been sent and the page does not say how it went, look. */
  async #perform(request) {
    try {
      const path = addressOf(request)
      return await this.#run('run', request, path, {fresh: !request.chat_id || Boolean(request.model)})
    } catch (error) {
      const record = await this.records.read(request.request_id)
      const isDoubtful = record.phase === 'sent' && error.more?.sent !== false && DOUBTFUL.includes(error.name)
      if (!isDoubtful) throw error
      const found = await this.#look(record).catch(() => null)
      if (!found) throw error
      if (found.state === 'not_sent') throw new Refused(error.name, error.message, {...error.more, sent: false})
      return answerOf(found)
    }
  }

  /** Look for the message of a request in its chat. */
  async #look(request) {
    try {
      const chatId = request.chat_id || (await this.#findChat(request))
      return chatId ? await this.#lookInto(chatId, request) : {state: 'not_sent'}
    } catch (error) {
      if (this.settings.paused) throw new Refused('paused', 'The extension is paused.')
      throw new Refused(error.more ? error.name : 'extension_error', error.message, {...error.more, sent: true, looking: true})
    }
  }

  async #findChat({message}) {
    const link = await this.tab.open('/')
    return link.call('findRecent', {message})
  }

  #lookInto(chatId, request) {
    return this.#run('find', {...request, chat_id: chatId}, `/c/${encodeURIComponent(chatId)}`, {fresh: true})
  }

  /** Open a page, have it do a job and wait for its outcome. */
  async #run(method, request, path, options) {
    let link = await this.tab.open(path, options)
    const outcome = this.#expect(request)
    this.tab.tick(true)
    try {
      const {accepted} = await link.call(method, {request})
      if (!accepted) {
        link = await this.tab.open(path, {fresh: true})
        await link.call(method, {request})
      }
      if (this.#current) this.#current.opened = true
      return await outcome
    } finally {
      this.#end()
    }
  }

  #expect(request) {
    const outcome = new Promise((resolve, reject) => (this.#current = {request, resolve, reject}))
    outcome.catch(() => {})  // it may be rejected before anybody waits for it
    this.changed()
    return outcome
  }

  #end() {
    this.tab.tick(false)
    this.#current = null
    this.changed()
  }

  /** The page may type now: Deskhand has acknowledged it. */
  async mayType({request_id: id}) {
    const {token, phase} = await this.records.read(id)
    if (phase !== 'leased' && phase !== 'sent') throw new Refused('out_of_turn', 'This request is not the current one.', {sent: false})
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

  /** The page reports the chat that a message went into. */
  async noteChat({request_id: id, chat_id: chatId}) {
    if (chatId && (await this.records.read(id))?.phase === 'sent') await this.records.write(id, {chat_id: chatId})
  }

  progress({request_id: id, offset, text}) {
    if (this.current?.request_id === id) this.connection.send({type: 'progress', request_id: id, token: this.current.token, offset, text})
  }

  /** The page tells how a job ended. */
  outcome({request_id: id, result, error}) {
    if (this.current?.request_id !== id) return
    if (result) this.#current.resolve(result)
    else this.#current.reject(new Refused(error.name, error.text, error))
  }

  /** The page is gone. If it does not come back with its job, what may have been sent is looked for. */
  async lost() {
    const current = this.#current
    if (!current) return
    try {
      await this.tab.connected()
    } catch {
      if (this.#current === current) current.reject(new Refused('page_lost', 'The tab was closed.'))
    }
  }

  /** A page is there: without the job that runs, it was loaded anew. */
  ready({job}) {
    const current = this.#current
    if (current && current.opened && job !== current.request.request_id) current.reject(new Refused('page_lost', 'The page was loaded anew.'))
  }

  /** Give up a request for Deskhand. */
  cancel(id) {
    if (this.current?.request_id === id) this.tab.link?.tell('cancel', {reason: 'Cancelled.', stop: true})
    else this.#dropped.add(id)
  }

  /** The person takes the tab: what is not sent yet is not sent. */
  takeBack() {
    this.#current?.reject(new Refused('paused', 'The person took the tab back.'))
  }

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
    })
  }

  async #recover(record) {
    const {request_id: id, token, phase, outcome} = record
    if (outcome) return this.deliver(id)
    if (this.settings.paused || this.connection.state !== 'ready') return null
    if (CERTAIN.includes(phase)) {
      return this.#finish(id, token, async () => {
        throw new Refused('interrupted', 'The browser was interrupted before the message was sent.', {sent: false})
      })
    }
    return this.#finish(id, token, async () => {
      const found = (await this.#resume(record)) ?? (await this.#look(record).catch(later))
      if (found.state === 'not_sent') throw new Refused('interrupted', 'The message is not in the chat.', {sent: false})
      return answerOf(found)
    })
  }

  /** Wait for the page that may still be at it. Null if it is not. */
  async #resume(record) {
    const outcome = this.#expect(record)
    this.tab.tick(true)
    try {
      if (!(await this.tab.exists())) return null
      await this.tab.connected()
      if (this.tab.job !== record.request_id) return null
      this.#current.opened = true
      return await outcome
    } catch (error) {
      if (['page_lost', 'page_error'].includes(error.name)) return null
      throw error
    } finally {
      this.#end()
    }
  }

  /** Answer Deskhand's question whether a message is in its chat. */
  find(question) {
    const asked = Date.now()
    return this.enqueue(async () => {
      const {request_id: id, token} = question
      const record = (await this.records.read(id)) ?? {}
      if (record.phase === 'ended' && record.at > asked) return  // it has been told meanwhile
      try {
        const chatId = question.chat_id ?? record.chat_id
        const found = CERTAIN.includes(record.phase) ? {state: 'not_sent'} : await this.#look({...record, ...question, chat_id: chatId})
        await this.#tellFound({request_id: id, token}, found)
        await this.records.write(id, {phase: 'ended'})
      } catch (error) {
        this.connection.send({type: 'error', request_id: id, token, error: error.message, name: 'find_failed', sent: true})
      }
    })
  }

  #tellFound(about, found) {
    const {state, text = null, chat_id: chatId = null, title = null} = found
    if (text?.length > LARGEST_FOUND) return this.#send(about, {result: found})
    return this.connection.send({type: 'found', ...about, state, response: text, chat_id: chatId, chat_title: title})
  }
}

/** Have a request stay open: its message is looked for again when the page is ready. */
function later(error) {
  throw new Refused(error.name, error.message, {...error.more, isLater: true})
}

/** Return an answer that was found in the chat. Rejects with "no_answer" if only the message is there. */
function answerOf(found) {
  if (found.state === 'answered') return found
  throw new Refused('no_answer', 'The message is in the chat, without an answer.', {sent: true})
}

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
