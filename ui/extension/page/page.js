// The page as the adapter describes it: finding parts and named states, and the self-test.
import {FAILURES, LANGUAGES, LAYOUTS, NEEDED, NOTICES, STATES} from './adapter.js'

/** Return whether an element takes room on the page. */
export const isVisible = (element) => element.isConnected && element.getClientRects().length > 0

/** Return whether a button can be pressed. */
export const isEnabled = (element) => !element.disabled && element.getAttribute('aria-disabled') !== 'true'

/** The name of an element as assistive technology reads it, roughly. */
export const nameOf = (element) => (element.getAttribute('aria-label') || element.textContent || '').replace(/\s+/g, ' ').trim()

/** The id of the chat in the address; empty on a new chat, which has an interim one with a colon for a moment. */
export function chatIdOf(document) {
  const id = document.location.pathname.match(/\/c\/([^/]+)/)?.[1] ?? ''
  return /^[\w-]+$/.test(id) ? id : ''
}

/** A page in one layout and language. `texts`: patterns by name; those of a language that is not known are empty. */
export class Page {
  constructor(document, layout) {
    this.document = document
    this.layout = layout
    this.language = (document.documentElement.lang || 'en').toLowerCase().split('-')[0]
    this.texts = LANGUAGES[this.language] ?? {}
  }

  /** Find all visible elements of a part. */
  all(part, root = this.document) {
    const {selectors, label} = this.layout.parts[part]
    for (const selector of selectors) {
      const elements = [...root.querySelectorAll(selector)].filter(isVisible)
      if (elements.length) return elements
    }
    return label ? this.buttons(label, root) : []
  }

  find(part, root) {
    return this.all(part, root).at(-1) ?? null
  }

  /** Find an element of a part that takes no room, as a file input does not. */
  findHidden(part) {
    return this.layout.parts[part].selectors.map((selector) => this.document.querySelector(selector)).find(Boolean) ?? null
  }

  /** Find buttons by their name in the page's language. */
  buttons(text, root = this.document) {
    const pattern = this.pattern(text)
    if (!pattern) return []
    return [...root.querySelectorAll('button')].filter((button) => pattern.test(nameOf(button)) && isVisible(button))
  }

  pattern(text) {
    return this.texts[text] ? new RegExp(this.texts[text], 'iu') : null
  }

  /** Return whether an element is part of a message: a model's words are never a state of the page. */
  isInMessage(element) {
    return Boolean(element.closest('[data-message-author-role]'))
  }

  get chatId() {
    return chatIdOf(this.document)
  }

  /** The title of the chat, from the list of chats or the tab; empty while it has none. */
  get title() {
    const link = this.chatId && this.all('link').find((each) => each.pathname.endsWith(`/c/${this.chatId}`))
    const titles = [link && (link.getAttribute('title') || link.textContent), this.document.title.replace(/^ChatGPT( *[-–|] *)?|( *[-–|] *)?ChatGPT$/g, '')]
    const untitled = this.pattern('new_chat')
    return titles.map((title) => (title || '').replace(/\s+/g, ' ').trim()).find((title) => title && !untitled?.test(title)) ?? ''
  }

  /** Return what the page says of a failure, outside of any message's text; empty if there is none. */
  get failure() {
    const element = [...this.document.querySelectorAll(FAILURES)].find(isVisible)
    return element ? describe(element) : this.findNotice('failure')
  }

  /** Return what a notice outside of any message's text says; empty if none has this text. */
  findNotice(text) {
    const pattern = this.pattern(text)
    const notice = [...this.document.querySelectorAll(NOTICES)].find((each) => isVisible(each) && !this.isInMessage(each) && pattern?.test(each.textContent))
    return notice ? describe(notice) : ''
  }

  /** Return the state in which nothing is sent: {state, detail, element}; null if there is none. */
  held() {
    for (const state of STATES) {
      const element = this.#recognise(state)
      if (element) return {state: state.name, detail: describe(element), element}
    }
    return null
  }

  #recognise({selectors = [], titles = [], texts = [], labels = []}) {
    if (titles.some((title) => this.document.title.startsWith(title))) return this.document.body
    const elements = [...this.document.querySelectorAll(selectors.join(', '))].filter((each) => isVisible(each) && !this.#isQuoted(each))
    const notices = [...this.document.querySelectorAll(NOTICES)].filter((each) => isVisible(each) && !this.isInMessage(each))
    const patterns = texts.map((text) => this.pattern(text)).filter(Boolean)
    const matching = notices.filter((notice) => patterns.some((pattern) => pattern.test(notice.textContent)))
    const buttons = labels.flatMap((label) => this.buttons(label)).filter((button) => !this.isInMessage(button))
    return elements[0] ?? matching[0] ?? buttons[0] ?? null
  }

  /** A link in an answer to a sign-in page means nothing; two answers are marked inside of messages. */
  #isQuoted(element) {
    return element.matches('a, iframe, form') && this.isInMessage(element)
  }
}

const describe = (element) => element.textContent.replace(/\s+/g, ' ').trim().slice(0, 300)

/** Choose the layout that fits best and name what it lacks: {ok, layout, language, missing}. */
export function selfTest(document) {
  const results = LAYOUTS.map((layout) => {
    const page = new Page(document, layout)
    const isShown = page.chatId && !page.failure  // a chat that the page cannot load says nothing of the layout
    const needed = isShown ? [...NEEDED.always, ...NEEDED.chat, ...(page.all('user').length === 1 ? [] : NEEDED.answered)] : NEEDED.always
    return {page, missing: needed.filter((part) => !page.find(part))}
  })
  const best = results.reduce((left, right) => (right.missing.length < left.missing.length ? right : left))
  return {ok: !best.missing.length, layout: best.page.layout.name, language: best.page.language, missing: best.missing, page: best.page}
}
