// Calls between the service worker and a page over a port, in both directions.

/** A call was refused by the other side, by name. */
export class Refused extends Error {
  constructor(name, message, more = {}) {
    super(message)
    this.name = name
    this.more = more
  }
}

export class Link {
  #calls = new Map()
  #number = 0
  #port

  /** `methods`: what the other side may call. */
  constructor(port, methods) {
    this.#port = port
    this.methods = methods
    port.onMessage.addListener((message) => this.#receive(message))
    port.onDisconnect.addListener(() => this.#end())
  }

  /** Call a method of the other side and return its value. Rejects with Refused; "disconnected" if the other side is gone. */
  call(method, params = {}) {
    const number = ++this.#number
    return new Promise((resolve, reject) => {
      this.#calls.set(number, {resolve, reject})
      if (!this.#post({call: number, method, params})) this.#end()
    })
  }

  /** Tell the other side something that has no answer. Returns whether it could be sent. */
  tell(method, params = {}) {
    return this.#post({method, params})
  }

  #post(message) {
    try {
      this.#port.postMessage(message)
      return true
    } catch {
      return false
    }
  }

  #end() {
    for (const {reject} of this.#calls.values()) reject(new Refused('disconnected', 'The connection inside of the extension was lost.'))
    this.#calls.clear()
  }

  async #receive(message) {
    if (message.answer) {
      const call = this.#calls.get(message.answer)
      this.#calls.delete(message.answer)
      if (message.error) call?.reject(new Refused(message.error.name, message.error.text, message.error.more))
      else call?.resolve(message.value)
      return
    }
    const method = Object.hasOwn(this.methods, message.method) ? this.methods[message.method] : null
    try {
      if (!method) throw new Refused('unknown_method', `There is no ${message.method}.`)
      const value = await method(message.params)
      if (message.call) this.#post({answer: message.call, value})
    } catch (error) {
      if (message.call) this.#post({answer: message.call, error: {name: error.name, text: error.message, more: error.more ?? {}}})
      else console.warn('Deskhand:', error)
    }
  }
}
