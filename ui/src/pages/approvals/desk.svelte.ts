/** The questions as they lie before the person. Nothing moves while the pointer or the keyboard is among them. */
import type { QuestionView } from '../../lib/local'

export interface Place {
  question: QuestionView
  /** What became of it, in a sentence; null while it waits. */
  ended: string | null
  /** What was answered to the last try, such as wrong digits: if it ends with that, this says why. */
  tried?: string
}

const GONE = 'This waits no longer: it was answered elsewhere, or nobody wants it any more.'
const LATE = 'Nobody answered in time, so nothing was done.'

export class Desk {
  places = $state<Place[]>([])
  #visited = { pointer: false, focus: false }

  /** Lays out what waits: what is new comes last, and what waits no longer stays where it is, without its buttons. */
  lay(questions: readonly QuestionView[], now: number): void {
    const waiting = new Map(questions.map((question) => [question.id, question]))
    for (const place of this.places) {
      const found = waiting.get(place.question.id)
      waiting.delete(place.question.id)
      if (found && place.ended === null) place.question = found
      if (!found) place.ended ??= isLate(place.question, now) ? LATE : place.tried ?? GONE
    }
    this.places.push(...[...waiting.values()].map((question) => ({ question, ended: null })))
    this.#tidy()
  }

  /** Ends those whose time is over. */
  expire(now: number): void {
    for (const place of this.places) if (place.ended === null && isLate(place.question, now)) place.ended = LATE
    this.#tidy()
  }

  end(id: string, told: string): void {
    const place = this.places.find(({ question }) => question.id === id)
    if (place) place.ended = told
  }

  /** The pointer or the keyboard comes, or leaves. */
  visit(what: 'pointer' | 'focus', there: boolean): void {
    this.#visited[what] = there
    this.#tidy()
  }

  #tidy(): void {
    if (this.#visited.pointer || this.#visited.focus || this.places.every(({ ended }) => ended === null)) return
    this.places = this.places.filter(({ ended }) => ended === null)
  }
}

const isLate = ({ expires_at }: QuestionView, now: number): boolean => expires_at !== null && Date.parse(expires_at) <= now
