/** The diary: pages of lines, newest first; what arrives is added to them, and nothing that is being read moves. */
import { untrack } from 'svelte'
import { ask, explain, local, type ActivityLine } from '../../lib/local'
import { listen } from '../../lib/news.svelte'
import { toQuery, type Filter } from './filter'

const PAGE = 50
const GATHER_MS = 150 // a burst of news costs one look
const MOST_AT_ONCE = 100 // more news than this: look at everything again

const byNumber = (one: ActivityLine, other: ActivityLine) => other.id - one.id

export class Diary {
  entries = $state.raw<ActivityLine[]>([])
  /** What came while the person reads further down; it is shown when they ask for it. */
  arrived = $state.raw<ActivityLine[]>([])
  running = $state.raw<ActivityLine[]>([])
  /** The number from which to go on; null: there is no more. */
  earlier = $state<number | null>(null)
  loaded = $state(false)
  busy = $state(false)
  trouble = $state('')
  #filter: Filter
  #held: () => boolean
  #changed = new Set<number>()
  #gathering: ReturnType<typeof setTimeout> | undefined
  #turn = 0

  /** `held`: whether what arrives has to wait, as the person reads something else. */
  constructor(filter: Filter, held: () => boolean) {
    this.#filter = filter
    this.#held = held
  }

  /** Shows other calls from now on. */
  async show(filter: Filter): Promise<void> {
    this.#filter = filter
    await this.again()
  }

  /** Looks at everything again. */
  async again(): Promise<void> {
    const turn = ++this.#turn
    this.busy = true
    try {
      const [page] = await Promise.all([this.#ask(), this.#lookAtRunning()])
      if (turn !== this.#turn) return
      this.entries = page.entries
      this.earlier = page.earlier
      this.arrived = []
      this.loaded = true
      this.trouble = ''
    } catch (error) {
      if (turn === this.#turn) this.trouble = explain(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Goes on where it ended. */
  async goOn(): Promise<void> {
    if (this.busy || this.earlier === null) return
    const turn = this.#turn
    this.busy = true
    try {
      const page = await this.#ask({ before: this.earlier })
      if (turn !== this.#turn) return
      const known = new Set(this.entries.map(({ id }) => id))
      this.entries = [...this.entries, ...page.entries.filter(({ id }) => !known.has(id))]
      this.earlier = page.earlier
      this.trouble = ''
    } catch (error) {
      if (turn === this.#turn) this.trouble = explain(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Puts what arrived where it belongs. */
  showArrived(): void {
    this.entries = [...this.arrived, ...this.entries].sort(byNumber)
    this.arrived = []
  }

  /** Follows the news while the component that calls this lives. */
  follow(): void {
    $effect(() => untrack(() => {
      const stop = listen(['activity'], ({ topic, data }) => {
        const { id } = (data ?? {}) as { id?: number }
        if (topic !== 'activity' || id === undefined) return void this.again()
        this.#changed.add(id)
        this.#gathering ??= setTimeout(() => void this.#gather(), GATHER_MS)
      })
      return () => { stop(); clearTimeout(this.#gathering) }
    }))
  }

  async #gather(): Promise<void> {
    this.#gathering = undefined
    const ids = [...this.#changed].filter((id) => id > 0)
    this.#changed.clear()
    if (ids.length > MOST_AT_ONCE) return this.again()
    const turn = this.#turn
    try {
      const [page] = await Promise.all([ids.length ? this.#ask({ ids, limit: ids.length }) : undefined, this.#lookAtRunning()])
      if (page && turn === this.#turn) this.#take(page.entries, ids)
    } catch (error) { this.trouble = explain(error) }
  }

  /** Takes what was found of those that changed; the others of them do not belong here any more, or run at this moment. */
  #take(found: ActivityLine[], changed: number[]): void {
    const fresh = new Map(found.map((entry) => [entry.id, entry]))
    const gone = new Set(changed.filter((id) => !fresh.has(id)))
    const stays = ({ id }: ActivityLine) => !gone.has(id)
    const renew = (entry: ActivityLine) => {
      const newer = fresh.get(entry.id)
      fresh.delete(entry.id)
      return newer ?? entry
    }
    this.entries = this.entries.filter(stays).map(renew)
    this.arrived = [...this.arrived.filter(stays).map(renew), ...fresh.values()].sort(byNumber)
    if (!this.#held()) this.showArrived()
  }

  async #lookAtRunning(): Promise<void> {
    this.running = await ask(local.GET('/api/activity/running'))
  }

  #ask(more: { before?: number; ids?: number[]; limit?: number } = {}) {
    return ask(local.GET('/api/activity/page', { params: { query: { limit: PAGE, ...toQuery(this.#filter), ...more } } }))
  }
}
