/** List of conversations, newest first: its length and groups are known at once, its rows where they are looked at. */
import { explain } from '../../lib/api'
import { countChats, listChats, NO_FILTER, PAGE, type ChatFilter, type ChatRow } from './chats'
import { listPeriods, makeGroups, type Group } from './groups'

const MOST_PAGES = 20 // that are kept
const pageOf = (index: number): number => Math.floor(index / PAGE)

export class ChatList {
  groups = $state.raw<Group[]>([])
  /** Number of conversations that match, loaded or not. */
  total = $state(0)
  loaded = $state(false)
  busy = $state(false)
  error = $state('')
  filter = $state.raw<ChatFilter>(NO_FILTER)
  #pages = $state.raw<ReadonlyMap<number, readonly ChatRow[]>>(new Map())
  #turn = 0
  #first = 0
  #last = 0
  #active = 0
  #pending: Promise<void> | undefined

  /** Row at an index; undefined while it is not loaded. */
  row(index: number): ChatRow | undefined { return this.#pages.get(pageOf(index))?.[index % PAGE] }

  /** Index of a conversation among the loaded rows; -1 if it is not there. */
  find(id: string): number {
    for (const [page, rows] of this.#pages) {
      const index = rows.findIndex((row) => row.id === id)
      if (index >= 0) return page * PAGE + index
    }
    return -1
  }

  /** Shows what matches a filter. */
  async show(filter: ChatFilter): Promise<void> {
    this.filter = filter
    this.loaded = false
    this.#first = this.#last = this.#active = 0
    await this.refetch()
  }

  /** Fetches the list again. What is shown stays until all of it is there. */
  refetch(): Promise<void> {
    this.#turn += 1
    return (this.#pending = this.#load(true))
  }

  /** Loads these rows and the active one, which has the focus; if others are wanted meanwhile, those. */
  async reach(first: number, last: number, active: number): Promise<void> {
    this.#first = first
    this.#last = last
    this.#active = active
    if (this.#pending || this.#missing() !== undefined) await (this.#pending ??= this.#load(false))
  }

  /** Shows a changed row. */
  update(row: ChatRow): void {
    this.#pages = new Map([...this.#pages].map(([page, rows]) => [page, rows.map((old) => (old.id === row.id ? row : old))]))
  }

  /** Pages of the rows that are looked at. */
  #wanted(): number[] {
    const first = pageOf(this.#first)
    const pages = Array.from({ length: pageOf(Math.max(this.#first, this.#last - 1)) - first + 1 }, (_, offset) => first + offset)
    return [...new Set([...pages, pageOf(this.#active)])]
  }

  async #fetch(page: number): Promise<readonly ChatRow[]> { return (await listChats(this.filter, page * PAGE)).chats }

  async #load(anew: boolean): Promise<void> {
    const turn = this.#turn
    this.busy = true
    try {
      if (anew) await this.#fetchAll(turn)
      for (let page = this.#missing(); page !== undefined; page = this.#missing()) {
        const rows = await this.#fetch(page)
        if (turn !== this.#turn) return
        this.#pages = new Map([...this.#near(page), [page, rows]])
      }
      this.error = ''
    } catch (error) {
      if (turn === this.#turn) this.error = explain(error)
    } finally {
      if (turn === this.#turn) { this.busy = false; this.#pending = undefined }
    }
  }

  async #fetchAll(turn: number): Promise<void> {
    const periods = listPeriods(Date.now())
    const [counts, ...pages] = await Promise.all([
      countChats(this.filter, periods.map(({ since }) => since / 1000)), ...this.#wanted().map(async (page) => [page, await this.#fetch(page)] as const),
    ])
    if (turn !== this.#turn) return
    this.#pages = new Map(pages)
    this.groups = makeGroups(periods, counts)
    this.total = counts.total
    this.loaded = true
  }

  #missing(): number | undefined { return this.#wanted().find((page) => !this.#pages.has(page) && page * PAGE < this.total) }

  /** Wanted pages and those near one, so that a long way does not fill the memory. */
  #near(page: number) {
    const wanted = this.#wanted()
    const distance = (other: number): number => (wanted.includes(other) ? 0 : Math.abs(other - page))
    return [...this.#pages].sort(([one], [other]) => distance(one) - distance(other)).slice(0, MOST_PAGES - 1)
  }
}

/** The list outlives its page, so that one returns to where one was. */
export const chatList = new ChatList()
