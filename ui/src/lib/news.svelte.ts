/** What is shown stays true: whoever watches something is told when it has changed. */
import { untrack } from 'svelte'
import { ask, explain, follow, local, Refused, type Overview, type Piece, type QuestionView } from './local'

const RETRY_MS = 2000
const LOCKED_OUT = 401
const EVERYTHING = new Set(['hello', 'missed']) // the feed stands again, or left something out
export const INTEGRATIONS = 'integrations'
type Listener = (piece: Piece) => void
const listeners = new Set<Listener>()

/** Calls back for news of these topics, and whenever all of them may have changed. Answers how to stop.
 * An integration's topic is its name; INTEGRATIONS stands for all of them. */
export function listen(topics: readonly string[], onNews: Listener): () => void {
  const listener: Listener = (piece) => {
    const integration = topics.includes(INTEGRATIONS) && overview.value?.integrations.some(({ name }) => name === piece.topic)
    if (EVERYTHING.has(piece.topic) || topics.includes(piece.topic) || integration) onNews(piece)
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Something that was asked for, and is asked for again when it has changed. */
export class Watched<T> {
  value = $state.raw<T>()
  /** Why it is not known, in a sentence. */
  trouble = $state('')
  #load: () => Promise<T>
  #latest = 0
  #busy = false
  #stale = false

  constructor(load: () => Promise<T>) { this.#load = load }

  /** Asks at once. What an older question is answered after a newer one counts for nothing. */
  async again(): Promise<void> {
    const mine = ++this.#latest
    this.#busy = true
    try {
      const value = await this.#load()
      if (mine === this.#latest) { this.value = value; this.trouble = '' }
    } catch (error) {
      if (mine === this.#latest) this.trouble = explain(error)
    }
    if (mine !== this.#latest) return
    this.#busy = false
    if (this.#stale) { this.#stale = false; await this.again() }
  }

  /** Asks when the question on its way is answered: many news cost one more look. */
  refresh(): void {
    if (this.#busy) this.#stale = true
    else void this.again()
  }
}

/** Watches while the component that calls this lives; asks anew too when what `load` reads has changed. */
export function watch<T>(topics: readonly string[], load: () => Promise<T>): Watched<T> {
  const watched = new Watched(load)
  $effect(() => { void watched.again() })
  $effect(() => untrack(() => listen(topics, () => watched.refresh())))
  return watched
}

/** What every page knows: is it on, what is connected, what is wrong. */
class News extends Watched<Overview> {
  constructor() { super(() => ask(local.GET('/api/overview'))) }

  /** Follows the feed until it is told to stop; answers how. */
  start(): () => void {
    const stopping = new AbortController()
    const forget = listen(['overview', 'clients', 'tunnel', 'settings', INTEGRATIONS, 'update'], () => this.refresh())
    void this.#keepFollowing(stopping.signal)
    return () => { forget(); stopping.abort() }
  }

  async #keepFollowing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const error: unknown = await follow((piece) => listeners.forEach((tell) => tell(piece)), signal).catch((error: unknown) => error)
      if (signal.aborted) return
      this.trouble = explain(error)
      if (error instanceof Refused && error.status === LOCKED_OUT) return // this page has no way in, and will have none
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

export const overview = new News()

/** What waits for the person's word, oldest first; the rail counts it on every page. */
class Approvals extends Watched<QuestionView[]> {
  constructor() { super(() => ask(local.GET('/api/approvals'))) }

  /** Follows it until it is told to stop; answers how. */
  start(): () => void {
    return listen(['approvals'], () => this.refresh())
  }
}

export const approvals = new Approvals()
