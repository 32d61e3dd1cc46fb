// The socket to Deskhand. It lives in the service worker, which a message every 20 seconds keeps running; an alarm every 30
// seconds brings both back if they were ended all the same.

const BEAT = 20  // seconds
const SILENCE = 3  // heartbeats without a message, after which the connection is lost
const FIRST = 1, LONGEST = 60  // seconds until the next attempt
const ACK = 15  // seconds that an acknowledgement is waited for
const PROTOCOL = 1
const KEY_REFUSED = 4401
const REFUSALS = ['stale', 'invalid', 'forbidden']  // errors for which the same message cannot be repeated

/** Deskhand refused a message, or did not acknowledge it. `refusal`: the name of its error. */
export class NotAcknowledged extends Error {
  constructor(text, refusal = '') {
    super(text)
    this.refusal = refusal
    this.refused = REFUSALS.includes(refusal)
  }
}

export class Connection {
  #socket = null
  #timer = null
  #retry = null
  #delay = FIRST
  #heard = 0
  #waiting = new Map()
  #pairing = null
  state = 'off'  // "off", "connecting", "ready" or "refused"
  detail = ''
  wantedVersion = ''

  /** `hello()`: the fields of the first message; `receive(message)`; `changed()`: the state is another. */
  constructor({hello, receive, changed}) {
    Object.assign(this, {hello, receive, changed})
  }

  /** Connect to where the extension is paired; without a pairing, disconnect. */
  use(pairing) {
    this.#pairing = pairing
    this.#delay = FIRST
    this.#close()
    this.#set('off')
    this.connect()
  }

  /** Connect unless it is connected. Called by the alarm too. */
  connect() {
    if (this.#socket || !this.#pairing || this.state === 'refused') return
    clearTimeout(this.#retry)
    this.#set('connecting')
    const socket = new WebSocket(`${this.#pairing.address.replace(/^http/, 'ws')}/ws/extension/`)
    this.#socket = socket
    socket.onopen = () => this.#post({type: 'hello', protocol: PROTOCOL, key: this.#pairing.key, ...this.hello()})
    socket.onmessage = (event) => socket === this.#socket && this.#hear(JSON.parse(event.data))
    socket.onclose = (event) => socket === this.#socket && this.#lost(event)
  }

  /** Send a message. Returns whether there is a connection. */
  send(message) {
    return this.state === 'ready' && this.#post(message)
  }

  /** Send a message and wait until Deskhand has stored it. Returns the acknowledgement; rejects with NotAcknowledged. */
  confirm(message) {
    const name = `${message.type} ${message.request_id ?? ''}`
    return new Promise((resolve, reject) => {
      const fail = (text, refusal) => {
        this.#waiting.delete(name)
        reject(new NotAcknowledged(text, refusal))
      }
      const timer = setTimeout(() => fail('Deskhand did not answer.'), ACK * 1000)
      this.#waiting.set(name, {
        resolve: (ack) => (clearTimeout(timer), this.#waiting.delete(name), resolve(ack)),
        fail: (text, refusal) => (clearTimeout(timer), fail(text, refusal)),
      })
      if (!this.send(message)) this.#waiting.get(name).fail('Deskhand is not connected.')
    })
  }

  #post(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(message, (_, value) => (typeof value === 'string' ? value.toWellFormed() : value)))
    return true
  }

  #hear(message) {
    this.#heard = Date.now()
    if (message.type === 'hello') {
      this.#delay = FIRST
      this.wantedVersion = message.wanted_version ?? ''
      this.#beat(message.heartbeat_seconds ?? BEAT)
      this.#set('ready')
    }
    if (message.type === 'ack') return this.#waiting.get(`${message.of} ${message.request_id ?? ''}`)?.resolve(message)
    if (message.type === 'error' && message.of) {
      const waiting = this.#waiting.get(`${message.of} ${message.request_id ?? ''}`)
      if (waiting) return waiting.fail(message.detail, message.name)
    }
    if (message.type === 'error') this.detail = message.detail ?? ''
    this.receive(message)
  }

  /** Say something at least every 20 seconds, whatever Deskhand asks for: the browser ends a worker that is idle for 30. */
  #beat(seconds) {
    clearInterval(this.#timer)
    const interval = Math.min(Math.max(seconds, 1), BEAT)
    this.#timer = setInterval(() => {
      if (Date.now() - this.#heard > interval * SILENCE * 1000) this.#socket?.close()
      else this.#post({type: 'ping'})
    }, interval * 1000)
  }

  #lost({code, reason}) {
    this.#close()
    if (code === KEY_REFUSED) return this.#set('refused', 'Deskhand does not accept this browser any more. Pair it again.')
    this.#set('off', this.detail || reason || '')
    this.#retry = setTimeout(() => this.connect(), this.#delay * 1000 * (0.75 + Math.random() / 2))
    this.#delay = Math.min(this.#delay * 2, LONGEST)
  }

  #close() {
    clearInterval(this.#timer)
    clearTimeout(this.#retry)
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    for (const waiting of [...this.#waiting.values()]) waiting.fail('The connection to Deskhand was lost.')
  }

  #set(state, detail = '') {
    this.state = state
    this.detail = detail
    this.changed()
  }
}
