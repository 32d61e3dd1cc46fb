// Waiting without timers: a hidden page's timers run once a second, then once a minute. Conditions are looked at when the page
// changes, and at each tick of the service worker.

/** A condition did not come true in time. */
export class TimedOut extends Error {}

/** The job was cancelled, or the person took the tab. */
export class Cancelled extends Error {}

export class Watch {
  #waiting = new Set()
  #observer = null
  #reason = null

  constructor(document, now = () => performance.now()) {
    this.document = document
    this.now = now
  }

  /** Look at all conditions again. */
  tick() {
    for (const look of [...this.#waiting]) look()
  }

  /** End everything that is waited for. */
  cancel(reason) {
    this.#reason = new Cancelled(reason)
    this.tick()
  }

  /** Return what ends the waiting, if anything does. */
  get cancelled() {
    return this.#reason
  }

  /** Wait until a condition is truthy and return its value. Rejects with TimedOut after some seconds; the clock may be set anew. */
  until(condition, seconds = Infinity) {
    const start = this.now()
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        this.#waiting.delete(look)
        if (!this.#waiting.size) this.#disconnect()
        settle(value)
      }
      const look = () => {
        if (this.#reason) return end(reject, this.#reason)
        try {
          const value = condition()
          if (value) return end(resolve, value)
        } catch (error) {
          return end(reject, error)
        }
        if (this.now() - start > seconds * 1000) end(reject, new TimedOut(`Nothing happened for ${seconds} seconds.`))
      }
      this.#waiting.add(look)
      this.#connect()
      look()
    })
  }

  /** Wait until a text has not changed for some seconds, and return it. */
  settled(read, seconds) {
    let text = read(), since = this.now()
    return this.until(() => {
      const next = read()
      if (next !== text) [text, since] = [next, this.now()]
      return this.now() - since >= seconds * 1000 && {text}
    })
  }

  #connect() {
    if (this.#observer) return
    this.#observer = new MutationObserver(() => this.tick())
    this.#observer.observe(this.document, {subtree: true, childList: true, characterData: true, attributes: true})
  }

  #disconnect() {
    this.#observer?.disconnect()
    this.#observer = null
  }
}
