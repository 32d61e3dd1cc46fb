/** List of conversations: keyset pages, newest first, loaded as far as they are looked at. */
import { explain } from '../../lib/api'
import { listChats, NO_FILTER, type ChatFilter, type ChatRow } from './chats'
import { extendGroups, type Group } from './groups'

const SHOW_MS = 250 // between two growths of the list on a long way

export class ChatList {
  rows = $state.raw<ChatRow[]>([])
  groups = $state.raw<Group[]>([])
  /** Number of conversations that match, loaded or not. */
  total = $state(0)
  loaded = $state(false)
  busy = $state(false)
  error = $state('')
  filter = $state.raw<ChatFilter>(NO_FILTER)
  #next: string | null = null
  #turn = 0
  #wanted = 0
  #isAnew = true // what is loaded is of another filter

  /** Shows what matches a filter. */
  async show(filter: ChatFilter): Promise<void> {
    this.filter = filter
    this.loaded = false
    this.#isAnew = true
    await this.refetch()
  }

  /** Fetches the newest page again; older rows that are loaded stay. */
  async refetch(): Promise<void> {
    const turn = ++this.#turn
    this.busy = true
    try {
      const page = await listChats(this.filter, null)
      if (turn !== this.#turn) return
      const fresh = new Set(page.chats.map(({ id }) => id))
      const last = page.chats.at(-1)?.id
      const end = this.#isAnew ? -1 : this.rows.findIndex(({ id }) => id === last)
      const older = end < 0 ? [] : this.rows.slice(end + 1).filter(({ id }) => !fresh.has(id))
      this.#isAnew = false
      if (!older.length) this.#next = page.next
      this.#put([...page.chats, ...older], 0)
      this.total = Math.max(page.total, this.rows.length)
      this.loaded = true
      this.error = ''
    } catch (error) {
      if (turn === this.#turn) this.error = explain(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
    if (turn === this.#turn && !this.error) await this.reach(this.#wanted)
  }

  /** Loads pages until a row is there. */
  async reach(index: number): Promise<void> {
    this.#wanted = Math.min(index, this.total - 1)
    if (this.busy) return
    const turn = this.#turn
    this.busy = true
    try {
      let fresh: ChatRow[] = []
      let shown = performance.now()
      while (this.#wanted >= this.rows.length + fresh.length && this.#next !== null) {
        const page = await listChats(this.filter, this.#next)
        if (turn !== this.#turn) return
        this.#next = page.next
        fresh.push(...page.chats)
        if (performance.now() - shown < SHOW_MS && this.#wanted >= this.rows.length + fresh.length && this.#next !== null) continue
        this.#put([...this.rows, ...fresh], this.rows.length)
        fresh = []
        shown = performance.now()
      }
      if (this.#next === null) this.total = this.rows.length
      this.error = ''
    } catch (error) {
      if (turn === this.#turn) this.error = explain(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Shows a changed row. */
  update(row: ChatRow): void { this.#put(this.rows.map((old) => (old.id === row.id ? row : old)), 0) }

  remove(ids: ReadonlySet<string>): void {
    const left = this.rows.filter(({ id }) => !ids.has(id))
    this.total -= this.rows.length - left.length
    this.#put(left, 0)
  }

  #put(rows: ChatRow[], start: number): void {
    this.rows = rows
    this.groups = extendGroups(start ? this.groups : [], rows, start, Date.now())
  }
}

/** The list outlives its page, so that one returns to where one was. */
export const chatList = new ChatList()
