/** Approval requests on screen. Nothing moves while the pointer or the focus is inside the list. */
import type { QuestionView } from '../../lib/api'
import { texts } from '../../texts/approvals'

export interface BoardItem {
  question: QuestionView
  /** Outcome as a sentence; null while pending. */
  ended: string | null
  /** Error of the last attempt, such as a wrong code; the reason if the request ends with it. */
  lastError?: string
}

export class ApprovalBoard {
  items = $state<BoardItem[]>([])
  #active = { pointer: false, focus: false }

  /** Synchronizes with the pending requests and, unless something would move under the pointer, with their order. Ended ones keep their place without buttons. */
  sync(questions: readonly QuestionView[], now: number): void {
    const waiting = new Map(questions.map((question) => [question.id, question]))
    for (const item of this.items) {
      const current = waiting.get(item.question.id)
      waiting.delete(item.question.id)
      if (current && item.ended === null) item.question = current
      if (!current) item.ended ??= isLate(item.question, now) ? texts.expired : item.lastError ?? texts.gone
    }
    this.items.push(...[...waiting.values()].map((question) => ({ question, ended: null })))
    this.#tidy()
    if (this.#isActive()) return
    const places = new Map(questions.map(({ id }, place) => [id, place]))
    this.items.sort((first, second) => (places.get(first.question.id) ?? 0) - (places.get(second.question.id) ?? 0))
  }

  /** Ends expired requests. */
  expire(now: number): void {
    for (const item of this.items) if (item.ended === null && isLate(item.question, now)) item.ended = texts.expired
    this.#tidy()
  }

  end(id: string, message: string): void {
    const item = this.items.find(({ question }) => question.id === id)
    if (item) item.ended = message
  }

  /** Records that the pointer or the focus entered or left. */
  setActive(what: 'pointer' | 'focus', there: boolean): void {
    this.#active[what] = there
    this.#tidy()
  }

  #isActive(): boolean { return this.#active.pointer || this.#active.focus }

  #tidy(): void {
    if (this.#isActive() || this.items.every(({ ended }) => ended === null)) return
    this.items = this.items.filter(({ ended }) => ended === null)
  }
}

const isLate = ({ expires_at }: QuestionView, now: number): boolean => expires_at !== null && Date.parse(expires_at) <= now
