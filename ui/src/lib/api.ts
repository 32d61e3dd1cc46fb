/** Client of the local API, typed by its OpenAPI document; failures are sentences. */
import createClient, { type FetchResponse } from 'openapi-fetch'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { paths } from '../../generated/local'
import { texts } from '../texts/common'

export type * from '../../generated/local'

/** Refusal of the local API, with a sentence for the person. */
export class Refused extends Error {
  readonly status: number
  /** Validation errors by field. */
  readonly fields: readonly { field: string; message: string }[]

  constructor(message: string, status = 0, fields: readonly { field: string; message: string }[] = []) {
    super(message)
    this.status = status
    this.fields = fields
  }
}

// From the URL fragment, which is never sent to a server. Kept in this tab only: another page of this computer has the cookie, never the token.
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

export const NOT_ANSWERING = texts.api.notAnswering
const NONSENSE = texts.api.invalidAnswer

/** Returns the data of `unwrap(api.GET('/api/…'))`; throws Refused on failure. */
export const api = createClient<paths>({ headers })

export async function unwrap<T extends Record<string | number, any>, O, M extends `${string}/${string}`>(
  request: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>['data']>> {
  const { data, error, response } = await request.catch(() => { throw new Refused(NOT_ANSWERING) })
  if (response.ok) return data as NonNullable<typeof data>
  throw new Refused(readDetail(error), response.status, (error as { errors?: Refused['fields'] } | undefined)?.errors ?? [])
}

function readDetail(error: unknown): string {
  const detail = (error as { detail?: unknown } | undefined)?.detail
  return typeof detail === 'string' ? detail : NONSENSE
}

/** Error message as a sentence. */
export const explain = (error: unknown): string =>
  error instanceof Refused ? error.message : error instanceof TypeError ? NOT_ANSWERING : NONSENSE

export interface FeedEvent { topic: string; data: unknown }

/** Response of the local API for what is not JSON. Throws Refused on failure. */
export async function fetchRaw(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: { ...headers, ...init.headers } }).catch((error: unknown) => {
    throw init.signal?.aborted ? error : new Refused(NOT_ANSWERING)
  })
  if (response.ok) return response
  throw new Refused(readDetail(await response.json().catch(() => undefined)), response.status)
}

/** Calls back for each server-sent event of a path. Throws when the stream ends. */
export async function followStream(path: string, onEvent: (event: FeedEvent) => void, signal: AbortSignal): Promise<never> {
  const { body } = await fetchRaw(path, { signal })
  const reader = body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
  for (let event = await reader.read(); !event.done; event = await reader.read()) {
    onEvent({ topic: event.value.event ?? '', data: JSON.parse(event.value.data || 'null') })
  }
  throw new TypeError('The stream ended.')
}

/** Events of the program, "hello" first. */
export const follow = (onEvent: (event: FeedEvent) => void, signal: AbortSignal): Promise<never> => followStream('/api/events', onEvent, signal)

/** Uploads a file as the body, with progress, which fetch does not have. Returns the parsed answer. */
export function upload(path: string, file: File, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    for (const [name, value] of Object.entries({ ...headers, 'Content-Type': 'application/octet-stream', 'X-File-Name': encodeURIComponent(file.name) })) request.setRequestHeader(name, value)
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded }) => onProgress(loaded)
    request.onload = () => (request.status < 300 ? resolve(request.response) : reject(new Refused(readDetail(request.response), request.status)))
    request.onerror = () => reject(new Refused(NOT_ANSWERING))
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
