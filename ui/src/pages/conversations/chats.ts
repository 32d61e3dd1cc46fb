/** Conversations of the local API. */
import { fetchRaw, followStream, type FeedEvent } from '../../lib/api'

export interface ProjectRef { id: string; name: string }
export interface ChatRow {
  id: string
  title: string
  created_at: string | null
  updated_at: string | null
  project: ProjectRef | null
  model: string
  source: 'chatgpt' | 'openai' | 'api' | 'webhook'
  message_count: number
  starred: boolean
  archived: boolean
  temporary: boolean
  /** US dollars; null: none or unknown. */
  cost: string | null
}
export interface AttachmentView { id: string; name: string; content_type: string; size: number; available: boolean }
export interface CitationView { number: number; title: string; url: string }
export type MessageState = 'done' | 'waiting' | 'running' | 'failed' | 'uncertain'
export interface ChatMessage {
  id: string
  /** Empty: it begins the conversation. */
  parent_id: string
  role: 'user' | 'assistant' | 'system' | 'tool'
  kind: 'text' | 'code' | 'output' | 'thoughts' | 'report' | 'canvas' | 'voice'
  text: string
  created_at: string | null
  model: string
  state: MessageState
  error: string
  attachments: AttachmentView[]
  citations: CitationView[]
  cost: string | null
  language: string
  name: string
}
export interface Chat { chat: ChatRow; messages: ChatMessage[]; current_id: string; next: string | null }
export interface ChatPage { chats: ChatRow[]; next: string | null; total: number }
export interface ChatFilter { project: string; year: string; source: string; starred: boolean }
export interface Project {
  id: string
  name: string
  description: string
  instructions: string
  model: string
  retention_days: number | null
  chat_count: number
  is_imported: boolean
  budget: string | null
  spent: string | null
}
export type ProjectChange = Partial<Pick<Project, 'name' | 'description' | 'instructions' | 'model' | 'retention_days' | 'budget'>>
export interface SearchResult {
  chat_id: string
  message_id: string | null
  title: string
  role: string
  date: string | null
  project: string
  source: string
  snippet: { text: string; match: boolean }[]
}
export interface SearchPage { results: SearchResult[]; next: string | null; note: string | null }
export interface MailPage { results: { id: string; title: string; url: string }[]; problem: string | null }
export interface NewChat { project_id: string; title: string; text: string; model: string; temporary: boolean }
export type ExportFormat = 'markdown' | 'json' | 'original'

const PAGE = 200
export const NO_FILTER: ChatFilter = { project: '', year: '', source: '', starred: false }

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, ...(signal && { signal }) }
  if (body !== undefined) Object.assign(init, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  return await (await fetchRaw(path, init)).json() as T
}

/** Query of a filter, without what is not set. */
export function toQuery(filter: ChatFilter): Record<string, string> {
  const { project, year, source, starred } = filter
  return { ...(project && { project }), ...(year && { year }), ...(source && { source }), ...(starred && { starred: 'true' }) }
}

const spell = (query: Record<string, string>) => String(new URLSearchParams(query))
const at = (id: string, ...rest: string[]) => ['/api/chats', ...[id, ...rest].map(encodeURIComponent)].join('/')

export const listChats = (filter: ChatFilter, cursor: string | null, limit = PAGE) =>
  request<ChatPage>('GET', `/api/chats?${spell({ ...toQuery(filter), ...(cursor && { cursor }), limit: String(limit) })}`)
export const readChat = (id: string, cursor = '') => request<Chat>('GET', at(id) + (cursor && `?${spell({ cursor })}`))
export const changeChat = (id: string, body: { title?: string; starred?: boolean; project_id?: string }) => request<ChatRow>('PUT', at(id), body)
export const deleteChat = (id: string, atOpenai = false) => request<unknown>('DELETE', at(id) + (atOpenai ? '?at_openai=true' : ''))
export const restoreChat = (id: string) => request<unknown>('POST', at(id, 'restore'))
export const createChat = (body: NewChat) => request<ChatRow>('POST', '/api/chats', body)
export const sendMessage = (id: string, body: { text: string; parent_id: string; model: string }) =>
  request<{ message_id: string; answer_id: string }>('POST', at(id, 'messages'), { attachments: [], ...body })
export const regenerate = (id: string, message_id: string, model: string) =>
  request<{ message_id: string; answer_id: string }>('POST', at(id, 'regenerate'), { message_id, model })
export const stopAnswer = (id: string) => request<unknown>('POST', at(id, 'stop'))
export const continueChat = (id: string, message_id: string) => request<ChatRow>('POST', at(id, 'continue'), { message_id })
export const followAnswer = (id: string, answer: string, onEvent: (event: FeedEvent) => void, signal: AbortSignal) =>
  followStream(at(id, 'answers', answer), onEvent, signal)
export const fetchAsset = async (id: string, asset: string) => (await fetchRaw(at(id, 'assets', asset))).blob()

export const listProjects = async () => (await request<{ projects: Project[] }>('GET', '/api/chat-projects')).projects
export const createProject = (body: ProjectChange) => request<Project>('POST', '/api/chat-projects', body)
export const changeProject = (id: string, body: ProjectChange) => request<Project>('PUT', `/api/chat-projects/${encodeURIComponent(id)}`, body)
export const deleteProject = (id: string) => request<unknown>('DELETE', `/api/chat-projects/${encodeURIComponent(id)}`)

export const searchChats = (q: string, cursor: string | null, signal: AbortSignal) =>
  request<SearchPage>('GET', `/api/chats/search?${spell({ q, limit: '20', ...(cursor && { cursor }) })}`, undefined, signal)
export const searchMail = (q: string, signal: AbortSignal) => request<MailPage>('GET', `/api/chats/search/mail?${spell({ q })}`, undefined, signal)

/** Downloads an export as a file. */
export async function exportChats(selection: { ids: string[] } | ChatFilter, format: ExportFormat): Promise<void> {
  const body = JSON.stringify({ ...('ids' in selection ? selection : toQuery(selection)), format })
  const response = await fetchRaw('/api/chats/export', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'export.zip'
  saveBlob(await response.blob(), name)
}

/** Hands a file to the browser's downloads. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
