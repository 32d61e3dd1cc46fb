// Whether the page is still loading: only what a loaded page lacks counts as changed.
import {chatIdOf} from './page.js'

const QUIET = 2  // seconds without a change of the page and without the end of a download

export class Loading {
  #changed = performance.now()
  #hasMessages = false  // something of the chat was downloaded; a page that has its messages otherwise is waited for to the limit
  #observers

  constructor(document) {
    this.document = document
    const changes = new MutationObserver(() => (this.#changed = performance.now()))
    changes.observe(document, {subtree: true, childList: true, characterData: true, attributes: true})
    const downloads = new PerformanceObserver((list) => this.#note(list.getEntries()))
    downloads.observe({type: 'resource', buffered: true})
    this.#observers = [changes, downloads]
  }

  /** Whether no part is to come any more. Read at each tick of the service worker, as a hidden page's timers rest. */
  get isOver() {
    const {document} = this
    if (document.readyState !== 'complete' || performance.now() - this.#changed < QUIET * 1000) return false
    return this.#hasMessages || !chatIdOf(document)
  }

  stop() {
    for (const observer of this.#observers) observer.disconnect()
  }

  #note(entries) {
    const chatId = chatIdOf(this.document)
    this.#changed = performance.now()
    this.#hasMessages ||= Boolean(chatId) && entries.some(({name}) => name.includes(chatId))
  }
}
