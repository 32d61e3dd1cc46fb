/** What the window shows, kept up to date by the feed. */
import { follow, readActivity, readOverview, Refused, type Activity, type Overview } from './local'

const RETRY_MS = 2000
const ENTRIES = 12

export class News {
  overview = $state.raw<Overview>()
  activity = $state.raw<Activity[]>([])
  /** What keeps the window from knowing more, in a sentence. */
  trouble = $state('')
  #looking = false
  #again = false

  /** Follows until it is told to stop; answers how. */
  start(): () => void {
    const stopping = new AbortController()
    void this.#keepFollowing(stopping.signal)
    return () => stopping.abort()
  }

  async #keepFollowing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await follow(() => void this.#look(), signal).catch((error: unknown) => this.#tell(error))
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  /** Looks again at everything; news that arrive meanwhile cost one more look, however many they are. */
  async #look(): Promise<void> {
    this.#again = true
    if (this.#looking) return
    this.#looking = true
    while (this.#again) {
      this.#again = false
      try {
        [this.overview, this.activity] = await Promise.all([readOverview(), readActivity(ENTRIES)])
        this.trouble = ''
      } catch (error) { this.#tell(error) }
    }
    this.#looking = false
  }

  #tell(error: unknown): void {
    this.trouble = error instanceof Refused ? error.message : 'Deskhand is not answering. Trying again…'
  }
}
