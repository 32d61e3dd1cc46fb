/** Activity feed: pages of calls, newest first; new calls are added without moving the ones being read. */
import { untrack } from 'svelte'
import { unwrap, explain, api, type ActivityLine } from '../../lib/api'
import { subscribe } from '../../lib/live_query.svelte'
import { toQuery, type Filter } from './filter'

const PAGE = 50
const DEBOUNCE_MS = 150 // a burst of events costs one request
const MOST_AT_ONCE = 100 // above this number everything is fetched again

const byNumber = (first: ActivityLine, second: ActivityLine) => second.id - first.id

export class ActivityFeed {
  entries = $state.raw<ActivityLine[]>([])
  /** New calls, held back while the list is scrolled down. */
  arrived = $state.raw<ActivityLine[]>([])
  running = $state.raw<ActivityLine[]>([])
  /** Cursor of the next page; null: no more. */
  earlier = $state<number | null>(null)
  loaded = $state(false)
  busy = $state(false)
  error = $state('')
  #filter: Filter
  #isBlocked: () => boolean
  #changed = new Set<number>()
  #debounce: ReturnType<typeof setTimeout> | undefined
  #turn = 0

  /** `isBlocked`: true while new calls must not move the list. */
  constructor(filter: Filter, isBlocked: () => boolean) {
    this.#filter = filter
    this.#isBlocked = isBlocked
  }

  /** Changes the filter. */
  async show(filter: Filter): Promise<void> {
    this.#filter = filter
    await this.refetch()
  }

  /** Fetches the first page again. */
  async refetch(): Promise<void> {
    const turn = ++this.#turn
    this.busy = true
    try {
      const [page] = await Promise.all([this.#load(), this.#loadRunning()])
      if (turn !== this.#turn) return
      this.entries = page.entries
      this.earlier = page.earlier
      this.arrived = []
      this.loaded = true
      this.error = ''
    } catch (error) {
      if (turn === this.#turn) this.error = explain(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Fetches the next page. */
  async loadMore(): Promise<void> {
    if (this.busy || this.earlier === null) return
    const turn = this.#turn
    this.busy = true
    try {
      const page = await this.#load({ before: this.earlier })
      if (turn !== this.#turn) return
      const known = new Set(this.entries.map(({ id }) => id))
      this.entries = [...this.entries, ...page.entries.filter(({ id }) => !known.has(id))]
      this.earlier = page.earlier
      this.error = ''
    } catch (error) {
      if (turn === this.#turn) this.error = explain(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Merges the new calls into the list. */
  showArrived(): void {
    this.entries = [...this.arrived, ...this.entries].sort(byNumber)
    this.arrived = []
  }

  /** Follows the event stream for the lifetime of the calling component. */
  follow(): void {
    $effect(() => untrack(() => {
      const stop = subscribe(['activity'], ({ topic, data }) => {
        const { id } = (data ?? {}) as { id?: number }
        if (topic !== 'activity' || id === undefined) return void this.refetch()
        this.#changed.add(id)
        this.#debounce ??= setTimeout(() => void this.#flush(), DEBOUNCE_MS)
      })
      return () => { stop(); clearTimeout(this.#debounce) }
    }))
  }

  async #flush(): Promise<void> {
    this.#debounce = this.busy ? setTimeout(() => void this.#flush(), DEBOUNCE_MS) : undefined // the page under way is older than the change
    if (this.#debounce) return
    const ids = [...this.#changed].filter((id) => id > 0)
    this.#changed.clear()
    if (ids.length > MOST_AT_ONCE) return this.refetch()
    const turn = this.#turn
    try {
      const [page] = await Promise.all([ids.length ? this.#load({ ids, limit: ids.length }) : undefined, this.#loadRunning()])
      if (page && turn === this.#turn) this.#merge(page.entries, ids)
    } catch (error) { this.error = explain(error) }
  }

  /** Merges the changed calls that still match the filter; the others are removed, or are running. */
  #merge(current: ActivityLine[], changed: number[]): void {
    const fresh = new Map(current.map((entry) => [entry.id, entry]))
    const gone = new Set(changed.filter((id) => !fresh.has(id)))
    const stays = ({ id }: ActivityLine) => !gone.has(id)
    const renew = (entry: ActivityLine) => {
      const newer = fresh.get(entry.id)
      fresh.delete(entry.id)
      return newer ?? entry
    }
    this.entries = this.entries.filter(stays).map(renew)
    this.arrived = [...this.arrived.filter(stays).map(renew), ...fresh.values()].sort(byNumber)
    if (!this.#isBlocked()) this.showArrived()
  }

  async #loadRunning(): Promise<void> {
    this.running = await unwrap(api.GET('/api/activity/running'))
  }

  #load(more: { before?: number; ids?: number[]; limit?: number } = {}) {
    return unwrap(api.GET('/api/activity/page', { params: { query: { limit: PAGE, ...toQuery(this.#filter), ...more } } }))
  }
}
