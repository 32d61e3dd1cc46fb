/** New credentials on their way to the connect page: in memory only, until that page is left. */
export interface NewCredentials {
  name: string
  key?: string
  /** OAuth client id and secret of a GPT. */
  oauth?: { client_id: string; client_secret: string }
  warnings: string[]
}

let stored: NewCredentials | undefined

export function storeCredentials(credentials: NewCredentials): void { stored = credentials }

/** Returns and clears the stored credentials. */
export function takeCredentials(): NewCredentials | undefined {
  const taken = stored
  stored = undefined
  return taken
}
