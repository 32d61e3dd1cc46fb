/** One conversation: its tree of messages, the branch that is shown, and the answer that is being written. */
import { untrack } from 'svelte'
import { explain, Refused } from '../../lib/api'
import { subscribe } from '../../lib/live_query.svelte'
import { followAnswer, readChat, type ChatMessage, type ChatRow } from './chats'

const ROOT = ''
const DEBOUNCE_MS = 200 // a burst of events costs one request
const PENDING = new Set(['waiting', 'running'])

export class OpenChat {
  row = $state.raw<ChatRow>()
  error = $state('')
  /** The conversation does not exist (any more). */
  missing = $state(false)
  loaded = $state(false)
  /** Text so far of the answer that is being written. */
  partial = $state({ id: '', text: '' })
  #messages = $state.raw<ReadonlyMap<string, ChatMessage>>(new Map())
  #choices = $state.raw<ReadonlyMap<string, string>>(new Map())
  readonly id: string
  #following = ''
  #stopping = new AbortController()
  #debounce: ReturnType<typeof setTimeout> | undefined
  #turn = 0
  /** A message whose branch is shown as soon as it is loaded, by whichever request. */
  #wanted = ''

  /** Children of each message, oldest first. */
  #children = $derived.by(() => {
    const children = new Map<string, string[]>()
    for (const { id } of this.#messages.values()) {
      const parent = this.#parentOf(id)
      const siblings = children.get(parent)
      if (siblings) siblings.push(id)
      else children.set(parent, [id])
    }
    for (const siblings of children.values()) siblings.sort(this.#byTime)
    return children
  })

  /** Order of siblings: that of their times, where both have one. */
  #byTime = (first: string, second: string): number => {
    const [before, after] = [this.#messages.get(first)?.created_at, this.#messages.get(second)?.created_at]
    return before && after ? Date.parse(before) - Date.parse(after) : 0
  }

  /** Messages of the branch that is shown. */
  path = $derived.by(() => {
    const path: ChatMessage[] = []
    const seen = new Set<string>()
    for (let parent = ROOT; ;) {
      const siblings = this.#children.get(parent)
      if (!siblings) return path
      const choice = this.#choices.get(parent)
      const id = choice !== undefined && siblings.includes(choice) ? choice : siblings.at(-1)!
      if (seen.has(id)) return path
      seen.add(id)
      path.push(this.#messages.get(id)!)
      parent = id
    }
  })

  constructor(id: string) { this.id = id }

  /** Whether the person has left it. */
  get isClosed(): boolean { return this.#stopping.signal.aborted }

  /** Loads the conversation, and again when it changes, for the lifetime of the calling component. `message`: show its branch. */
  follow(message?: string): void {
    $effect(() => untrack(() => {
      void this.load(message)
      const unsubscribe = subscribe(['conversations'], ({ data }) => {
        const { chat } = (data ?? {}) as { chat?: string }
        if (chat !== undefined && chat !== this.id) return
        this.#debounce ??= setTimeout(() => { this.#debounce = undefined; void this.load() }, DEBOUNCE_MS)
      })
      return () => { unsubscribe(); clearTimeout(this.#debounce); this.#stopping.abort() }
    }))
  }

  /** Fetches all messages. `shown`: message whose branch is shown; otherwise the branch stays. */
  async load(shown?: string): Promise<void> {
    const turn = ++this.#turn
    if (shown) this.#wanted = shown
    try {
      const messages = new Map<string, ChatMessage>()
      let page = await readChat(this.id)
      const { chat, current_id } = page
      for (;;) {
        for (const message of page.messages) messages.set(message.id, message)
        if (page.next === null) break
        page = await readChat(this.id, page.next)
      }
      if (turn !== this.#turn) return
      const first = !this.loaded
      this.row = chat
      this.#messages = messages
      if (messages.has(this.#wanted)) this.select(this.#wanted)
      else if (first) this.select(current_id)
      this.#wanted = ''
      this.loaded = true
      this.missing = false
      this.error = ''
      this.#followPending()
    } catch (error) {
      if (turn !== this.#turn) return
      this.error = explain(error)
      this.missing = error instanceof Refused && error.status === 404
    }
  }

  /** Shows the branch on which a message is. */
  select(id: string): void {
    const choices = new Map(this.#choices)
    const seen = new Set<string>()
    for (let at = id; this.#messages.has(at) && !seen.has(at); at = this.#parentOf(at)) {
      seen.add(at)
      choices.set(this.#parentOf(at), at)
    }
    this.#choices = choices
  }

  /** Versions of a message: its siblings, itself included. */
  versions(message: ChatMessage): string[] { return this.#children.get(this.#parentOf(message.id)) ?? [message.id] }

  /** Shows the version beside a message, and returns its id. */
  step(message: ChatMessage, by: number): string | undefined {
    const versions = this.versions(message)
    const id = versions[versions.indexOf(message.id) + by]
    if (id) this.#choices = new Map(this.#choices).set(this.#parentOf(message.id), id)
    return id
  }

  /** Id of a message's parent; the root's if it has none here, or is its own ancestor. */
  #parentOf(id: string): string {
    const parent = this.#messages.get(id)?.parent_id || ROOT
    return parent !== id && this.#messages.has(parent) ? parent : ROOT
  }

  /** Follows the answer that is being written on any branch. */
  #followPending(): void {
    const answer = [...this.#messages.values()].findLast(({ role, state }) => role === 'assistant' && PENDING.has(state))
    if (!answer || answer.id === this.#following || this.isClosed) return
    this.#following = answer.id
    this.partial = { id: answer.id, text: '' }
    void this.#stream(answer.id)
  }

  async #stream(id: string): Promise<void> {
    let ended = false
    try {
      await followAnswer(this.id, id, ({ topic, data }) => {
        const event = (data ?? {}) as { text?: string }
        if (topic === 'text') this.partial = { id, text: this.partial.text + (event.text ?? '') }
        if (topic === 'done' || topic === 'failed') ended = true
      }, this.#stopping.signal)
    } catch { /* the stream has ended, or was cut; what the answer became is read below */ }
    if (this.isClosed) return
    await this.load()
    this.partial = { id: '', text: '' }
    this.#following = ended ? '' : id // one that was cut is not followed in a loop; events tell of its end
  }
}
