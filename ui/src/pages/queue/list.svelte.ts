/** List of prompts: pages at their offsets, loaded where one looks, so that also its end is one request away. */
import { SvelteMap } from 'svelte/reactivity'
import { explain, type QueuePrompt } from '../../lib/api'
import { listPrompts, NO_FILTER, PAGE, type PromptFilter } from './prompts'

export class PromptList {
  /** Number of prompts that match, loaded or not. */
  total = $state(0)
  loaded = $state(false)
  error = $state('')
  filter = $state.raw<PromptFilter>(NO_FILTER)
  #pages = new SvelteMap<number, QueuePrompt[]>()
  #stale = new Set<number>() // pages of before the last refetch
  #loading = new Set<number>()
  #turn = 0
  #first = 0
  #last = 0

  /** Row at an index; undefined while it is not loaded. */
  row(index: number): QueuePrompt | undefined { return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] }

  /** Index of a loaded row; -1 if it is not there. */
  find(id: string | undefined): number {
    for (const [page, rows] of this.#pages) {
      const index = rows.findIndex((row) => row.id === id)
      if (index >= 0) return page * PAGE + index
    }
    return -1
  }

  /** Shows what matches a filter. */
  async show(filter: PromptFilter): Promise<void> {
    this.filter = filter
    this.loaded = false
    this.#first = this.#last = 0
    await this.refetch()
  }

  /** Fetches what is in view again; the rest is fetched when it is looked at. */
  async refetch(): Promise<void> {
    const turn = ++this.#turn
    this.#loading.clear()
    this.#stale = new Set(this.#pages.keys())
    if (!(await this.#fetch(this.#span(this.#first, this.#last), turn))) return
    this.loaded = true
    await this.reach(this.#first, this.#last) // what came into view meanwhile
    if (turn === this.#turn && !this.error) for (const page of this.#stale) this.#pages.delete(page)
  }

  /** Loads the rows between two indices. */
  async reach(first: number, last: number): Promise<void> {
    this.#first = first
    this.#last = last
    const missing = this.#span(first, last).filter((page) => (!this.#pages.has(page) || this.#stale.has(page)) && !this.#loading.has(page))
    if (missing.length) await this.#fetch(missing, this.#turn)
  }

  #span(first: number, last: number): number[] {
    const [start, end] = [Math.floor(first / PAGE), Math.floor(Math.max(first, last) / PAGE)]
    return Array.from({ length: end - start + 1 }, (_, offset) => start + offset)
  }

  /** Returns whether the pages are shown: nothing newer was asked for, and no error. */
  async #fetch(pages: readonly number[], turn: number): Promise<boolean> {
    for (const page of pages) this.#loading.add(page)
    try {
      const answers = await Promise.all(pages.map((page) => listPrompts(this.filter, page)))
      if (turn !== this.#turn) return false
      answers.forEach(({ prompts, total }, index) => {
        this.total = total
        this.#pages.set(pages[index]!, prompts)
        this.#stale.delete(pages[index]!)
      })
      this.error = ''
      return true
    } catch (error) {
      if (turn === this.#turn) this.error = explain(error)
      return false
    } finally {
      if (turn === this.#turn) for (const page of pages) this.#loading.delete(page)
    }
  }
}

/** The list outlives its page, so that one returns to where one was. */
export const promptList = new PromptList()
