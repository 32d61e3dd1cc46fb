// The tab that the extension works in: its own, and never the one that the person is looking at.
import {Link, Refused} from '../page/link.js'
import {session} from './storage.js'

const LOAD = 45  // seconds until a page answers
const TICK = 250  // milliseconds between two looks at the page's conditions while a job runs
const BACK = 15  // seconds for a page to come back that was lost

export class WorkTab {
  #link = null
  #ready = null
  #waiting = []
  #ticking = null
  job = null  // the request that the page was at when it connected

  /** `methods`: what the page may call; `lost()`: the tab was closed, or shows another page. */
  constructor({site, methods, lost, place}) {
    Object.assign(this, {site, methods, lost, place})
    chrome.runtime.onConnect.addListener((port) => port.name === 'page' && this.#accept(port))
    chrome.tabs.onRemoved.addListener(async (id) => id === (await this.id()) && this.forget(true))
    chrome.tabs.onActivated.addListener(() => this.#noteInFront())
    chrome.windows.onFocusChanged.addListener(() => this.#noteInFront())
  }

  id() {
    return session.read('work_tab')
  }

  /** The connection to the page; null while there is none. */
  get link() {
    return this.#link
  }

  async exists() {
    return Boolean(await this.#tab())
  }

  /** Open a path of the site and return the connection to its page. `fresh`: load it even if it is there already. */
  async open(path, {fresh = false} = {}) {
    let tab = await this.#tab()
    if (tab && ((await isInFront(tab)) || (await this.#wasTaken(tab)))) {
      await this.leave()  // the person is using it
      tab = null
    }
    const url = this.site + path
    if (tab && !fresh && this.#link && tab.url === url) return this.#link
    this.#link = null
    if (tab) await chrome.tabs.update(tab.id, {url})
    else await this.#create(url)
    return this.connected(LOAD)
  }

  /** Wait for the page's connection. Rejects with "page_error". */
  connected(seconds = BACK) {
    if (this.#link) return Promise.resolve(this.#link)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Refused('page_error', 'ChatGPT’s page did not load.', {sent: false})), seconds * 1000)
      this.#waiting.push((link) => (clearTimeout(timer), resolve(link)))
    })
  }

  /** Give the tab to the person. */
  async leave() {
    this.#link?.tell('leave')
    await this.forget()
  }

  /** Show the tab to the person and give it to them. */
  async giveBack() {
    const tab = await this.#tab()
    await this.leave()
    if (!tab) return
    await chrome.tabs.update(tab.id, {active: true, muted: false, autoDiscardable: true})
    await chrome.windows.update(tab.windowId, {focused: true})
  }

  async forget(isClosed = false) {
    this.#link = null
    await session.write('work_tab', null)
    this.lost(isClosed)
  }

  /** Have the page look at its conditions while a job runs: its own timers rest while it is hidden. */
  tick(on) {
    clearInterval(this.#ticking)
    this.#ticking = on ? setInterval(() => this.#link?.tell('tick'), TICK) : null
  }

  /** Remember that the person has had the tab in front. */
  async #noteInFront() {
    const tab = await this.#tab()
    if (tab && (await isInFront(tab))) await session.write('seen_tab', tab.id)
  }

  /** Whether the person has gone to another site in it; a site that leads elsewhere by itself, such as to sign in, is none. */
  async #wasTaken(tab) {
    return tab.id === (await session.read('seen_tab')) && !tab.url?.startsWith(`${this.site}/`)
  }

  #require(link) {
    if (this.#link !== link) throw new Refused('not_the_work_tab', 'This is not the work tab any more.')
    return true
  }

  async #tab() {
    const id = await this.id()
    if (id === null) return null
    try {
      return await chrome.tabs.get(id)
    } catch {
      return null
    }
  }

  async #create(url) {
    const windows = await chrome.windows.getAll({windowTypes: ['normal']})
    const alone = this.place() === 'window' || !windows.length
    const tab = alone ? (await chrome.windows.create({url: 'about:blank', focused: false})).tabs[0] : await chrome.tabs.create({active: false})
    await session.write('work_tab', tab.id)
    await chrome.tabs.update(tab.id, {url, muted: true, autoDiscardable: false})
  }

  /** Accept the page in the work tab; every other tab of the site is the person's and is left alone. */
  #accept(port) {
    let accepted = null  // what a page tells right behind `ready` waits until that has been looked at
    const methods = Object.entries(this.methods).map(([name, method]) => [name, async (params) => (await accepted, this.#require(link) && method(params))])
    const link = new Link(port, {...Object.fromEntries(methods), ready: (about) => (accepted = this.#look(port, link, about))})
    port.onDisconnect.addListener(() => {
      if (this.#link !== link) return
      this.#link = null
      this.lost()
    })
  }

  async #look(port, link, about) {
    if (port.sender.tab?.id !== (await this.id()) || port.sender.frameId !== 0) return link.tell('leave')
    this.#link = link
    this.job = about.job
    for (const resolve of this.#waiting.splice(0)) resolve(link)
    return this.methods.ready(about)
  }
}

async function isInFront(tab) {
  return tab.active && (await chrome.windows.get(tab.windowId)).focused
}
