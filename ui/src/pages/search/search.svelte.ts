/** Search as one types: conversations and OMI at once, mail when it arrives. */
import { explain } from '../../lib/api'
import type { MailResult } from '../../lib/api'
import { searchChats, searchMail, type SearchResult } from '../conversations/chats'

const TYPING_MS = 120
const MAIL_MS = 600 // mail is asked of its provider, so only when typing pauses

/** `url`: where it opens, if that is not here. */
export type FoundItem = SearchResult & { url?: string }

/** Mail as a result among others. */
const toResult = ({ id, title, url }: MailResult): FoundItem => ({ chat_id: id, message_id: null, title, role: '', date: null, project: '', source: 'mail', snippet: [], url })

export class Search {
  results = $state.raw<SearchResult[]>([])
  mail = $state.raw<FoundItem[]>([])
  note = $state('')
  error = $state('')
  mailProblem = $state('')
  busy = $state(false)
  mailBusy = $state(false)
  /** Query whose results are shown. */
  shown = $state('')
  next = $state<string | null>(null)
  #typing: ReturnType<typeof setTimeout> | undefined
  #mailTyping: ReturnType<typeof setTimeout> | undefined
  #running = new AbortController()

  /** Searches soon; what is under way for an older query is aborted. */
  type(query: string): void {
    this.stop()
    const wanted = query.trim()
    if (!wanted) {
      Object.assign(this, { results: [], mail: [], note: '', error: '', mailProblem: '', busy: false, mailBusy: false, shown: '', next: null })
      return
    }
    const { signal } = this.#running
    this.busy = true
    this.mailBusy = false
    this.#typing = setTimeout(() => void this.#search(wanted, signal), TYPING_MS)
    this.#mailTyping = setTimeout(() => void this.#searchMail(wanted, signal), MAIL_MS)
  }

  stop(): void {
    clearTimeout(this.#typing)
    clearTimeout(this.#mailTyping)
    this.#running.abort()
    this.#running = new AbortController()
  }

  /** Adds the next page of results. */
  async more(): Promise<void> {
    const { signal } = this.#running
    if (this.next === null || this.busy) return
    this.busy = true
    try {
      const page = await searchChats(this.shown, this.next, signal)
      this.results = [...this.results, ...page.results]
      this.next = page.next
    } catch (error) { if (!signal.aborted) this.error = explain(error) } finally { if (!signal.aborted) this.busy = false }
  }

  async #search(query: string, signal: AbortSignal): Promise<void> {
    try {
      const page = await searchChats(query, null, signal)
      if (signal.aborted) return
      if (query !== this.shown) { this.mail = []; this.mailProblem = '' }
      Object.assign(this, { results: page.results, next: page.next, note: page.note ?? '', error: '', shown: query, busy: false })
    } catch (error) { if (!signal.aborted) Object.assign(this, { error: explain(error), busy: false }) }
  }

  async #searchMail(query: string, signal: AbortSignal): Promise<void> {
    this.mailBusy = true
    try {
      const page = await searchMail(query, signal)
      if (!signal.aborted) Object.assign(this, { mail: page.results.map(toResult), mailProblem: page.problem ?? '', mailBusy: false })
    } catch (error) { if (!signal.aborted) Object.assign(this, { mailProblem: explain(error), mailBusy: false }) }
  }
}
