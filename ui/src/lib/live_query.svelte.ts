/** Live queries: data that is fetched again when the event stream reports a change. */
import { untrack } from 'svelte'
import { unwrap, explain, follow, api, Refused, type Overview, type FeedEvent, type QuestionView } from './api'

const RETRY_MS = 2000
const UNAUTHORIZED = 401
const NOT_FOUND = 404
const ALL_TOPICS = new Set(['hello', 'missed']) // the stream was reconnected, or dropped events
export const INTEGRATIONS = 'integrations'
type Listener = (event: FeedEvent) => void
const listeners = new Set<Listener>()

/** Subscribes to the events of these topics, and to those that concern all topics. Returns the unsubscribe function.
 * An integration's topic is its name; INTEGRATIONS stands for all of them. */
export function subscribe(topics: readonly string[], onEvent: Listener): () => void {
  const listener: Listener = (event) => {
    const integration = topics.includes(INTEGRATIONS) && overview.value?.integrations.some(({ name }) => name === event.topic)
    if (ALL_TOPICS.has(event.topic) || topics.includes(event.topic) || integration) onEvent(event)
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Query whose data is fetched again after a change. */
export class LiveQuery<T> {
  value = $state.raw<T>()
  /** Error message of the last fetch. */
  error = $state('')
  #load: () => Promise<T>
  #latest = 0
  #busy = false
  #stale = false
  #stopped = false

  constructor(load: () => Promise<T>) { this.#load = load }

  /** Fetches at once. A response that arrives after a newer request is ignored. */
  async refetch(): Promise<void> {
    const mine = ++this.#latest
    this.#busy = true
    try {
      const value = await this.#load()
      if (mine === this.#latest) { this.value = value; this.error = '' }
    } catch (error) {
      if (mine !== this.#latest) return
      this.error = explain(error)
      if (error instanceof Refused && error.status === NOT_FOUND) this.value = undefined // it was deleted
    }
    if (mine !== this.#latest) return
    this.#busy = false
    if (this.#stale && !this.#stopped) { this.#stale = false; await this.refetch() }
  }

  /** Fetches no more: what `load` reads is gone with its component. */
  stop(): void { this.#stopped = true }

  /** Fetches after the pending request ended: a burst of events costs one more request. */
  refresh(): void {
    if (this.#busy) this.#stale = true
    else void this.refetch()
  }
}

/** Live query for the lifetime of the calling component; also refetched when the state that `load` reads changes. */
export function liveQuery<T>(topics: readonly string[], load: () => Promise<T>): LiveQuery<T> {
  const query = new LiveQuery(load)
  $effect(() => { void query.refetch() })
  $effect(() => untrack(() => {
    const unsubscribe = subscribe(topics, () => query.refresh())
    return () => { unsubscribe(); query.stop() }
  }))
  return query
}

/** Overview shared by every page: state, connections and problems. */
class OverviewQuery extends LiveQuery<Overview> {
  constructor() { super(() => unwrap(api.GET('/api/overview'))) }

  /** Follows the event stream. Returns the stop function. */
  start(): () => void {
    const stopping = new AbortController()
    const unsubscribe = subscribe(['overview', 'clients', 'tunnel', 'settings', INTEGRATIONS, 'update'], () => this.refresh())
    void this.#reconnect(stopping.signal)
    return () => { unsubscribe(); stopping.abort() }
  }

  async #reconnect(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const error: unknown = await follow((event) => listeners.forEach((listener) => listener(event)), signal).catch((error: unknown) => error)
      if (signal.aborted) return
      this.error = explain(error)
      if (error instanceof Refused && error.status === UNAUTHORIZED) return // the session is invalid and stays so
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

export const overview = new OverviewQuery()

/** Pending approvals, oldest first; the sidebar counts them on every page. */
class ApprovalsQuery extends LiveQuery<QuestionView[]> {
  constructor() { super(() => unwrap(api.GET('/api/approvals'))) }

  /** Subscribes to changes. Returns the unsubscribe function. */
  start(): () => void {
    return subscribe(['approvals'], () => this.refresh())
  }
}

export const approvals = new ApprovalsQuery()
