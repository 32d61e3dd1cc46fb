/** The local surface: a client typed by its document, and failures as sentences. */
import createClient, { type FetchResponse } from 'openapi-fetch'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { paths } from '../../generated/local'

export type * from '../../generated/local'

/** What the local surface says when it does not do what was asked, in a sentence for the person. */
export class Refused extends Error {
  readonly status: number
  /** What is wrong with which value, so that it can stand beside it. */
  readonly fields: readonly { field: string; message: string }[]

  constructor(message: string, status = 0, fields: readonly { field: string; message: string }[] = []) {
    super(message)
    this.status = status
    this.fields = fields
  }
}

// It came in the address, which no server is told, and stays with this tab: another page of this computer has the cookie, never this.
const TAB = 'token'
const entry = new URLSearchParams(location.hash.slice(1))
const came = entry.get('token')
if (came) {
  sessionStorage.setItem(TAB, came) // so that the page can be loaded again
  const page = entry.get('page')
  history.replaceState(null, '', location.pathname + (page ? `#${page}` : ''))
}
const token = came ?? sessionStorage.getItem(TAB) ?? ''
const headers = { 'X-Deskhand-Token': token }

export const NOT_ANSWERING = 'Deskhand is not answering. Trying again…'
const NONSENSE = 'Deskhand did not answer as it should. Open the window again.'

/** `ask(local.GET('/api/…'))` answers what was asked for, or throws. */
export const local = createClient<paths>({ headers })

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function ask<T extends Record<string | number, any>, O, M extends `${string}/${string}`>(
  asked: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>['data']>> {
  const { data, error, response } = await asked.catch(() => { throw new Refused(NOT_ANSWERING) })
  if (response.ok) return data as NonNullable<typeof data>
  throw new Refused(readDetail(error), response.status, (error as { errors?: Refused['fields'] } | undefined)?.errors ?? [])
}

function readDetail(error: unknown): string {
  const detail = (error as { detail?: unknown } | undefined)?.detail
  return typeof detail === 'string' ? detail : NONSENSE
}

/** Why something did not work, in a sentence. */
export const explain = (error: unknown): string =>
  error instanceof Refused ? error.message : error instanceof TypeError ? NOT_ANSWERING : NONSENSE

export interface Piece { topic: string; data: unknown }

/** Calls back at every piece of news, "hello" first, when the feed stands. Throws what keeps it from going on. */
export async function follow(onNews: (piece: Piece) => void, signal: AbortSignal): Promise<never> {
  const answer = await fetch('/api/events', { headers, signal })
  if (!answer.ok || !answer.body) throw new Refused(readDetail(await answer.json().catch(() => undefined)), answer.status)
  const news = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
  for (let piece = await news.read(); !piece.done; piece = await news.read()) {
    onNews({ topic: piece.value.event ?? '', data: JSON.parse(piece.value.data || 'null') })
  }
  throw new TypeError('The feed ended.')
}
