/** What is told once, on its way from where it was made to where it is pasted: in memory only, and only until that page is left. */
export interface Handed {
  name: string
  key?: string
  /** The id and the secret with which a GPT signs in. */
  oauth?: { client_id: string; client_secret: string }
  warnings: string[]
}

let held: Handed | undefined

export function hand(handed: Handed): void { held = handed }

/** Takes what was handed over; nobody gets it a second time. */
export function take(): Handed | undefined {
  const taken = held
  held = undefined
  return taken
}
