/** The local surface, as far as the window looks at it. */
import { EventSourceParserStream } from 'eventsource-parser/stream'

export interface Integration { name: string; title: string; state: 'running' | 'broken'; problem: string | null }
export interface Overview {
  version: string
  demo: boolean
  addresses: { public: string }
  paused_until: string | null
  integrations: Integration[]
  clients: number
  secrets: string
  problems: string[]
}
export type Outcome = 'running' | 'done' | 'failed' | 'refused' | 'repeated' | 'uncertain'
export interface Activity { id: number; at: string; client: string; sentence: string; outcome: Outcome; reason: string }

/** What the local surface says when it does not answer as asked. */
export class Refused extends Error {}

// It came in the address, which no server is told, and stays in memory only: another page of this computer has the cookie, never this.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
if (token) history.replaceState(null, '', location.pathname)

async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(`/api/${path}`, { headers: { 'X-Deskhand-Token': token }, ...(signal && { signal }) })
  if (answer.ok) return answer
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: unknown }
  throw new Refused(typeof detail === 'string' ? detail : 'Deskhand did not answer as it should. Open the window again.')
}

export const readOverview = async (): Promise<Overview> => (await ask('overview')).json()
export const readActivity = async (limit: number): Promise<Activity[]> => (await ask(`activity?limit=${limit}`)).json()

/** Calls back at every piece of news, the first when the feed stands. Ends with what keeps it from going on. */
export async function follow(onNews: () => void, signal: AbortSignal): Promise<never> {
  const { body } = await ask('events', signal)
  const news = body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
  while (!(await news.read()).done) onNews()
  throw new Error('The feed ended.')
}
