/** Conversations of the local API. */
import {
  api, fetchRaw, followStream, unwrap,
  type AttachmentView, type ChatChange, type ChatPage, type ChatRow, type CitationView, type FeedEvent, type MessageView, type NewChatOrder, type ProjectChange, type ProjectRow, type SearchResult,
} from '../../lib/api'

export type { AttachmentView, ChatRow, CitationView, ProjectChange, ProjectRow as Project, SearchResult }
/** Answers leave out nothing. */
export type ChatMessage = Required<MessageView>
/** `importId`: of the import that they came with. */
export interface ChatFilter { project: string; year: string; source: string; starred: boolean; importId: string; importName: string }
export interface Picture { name: string; data: string }
export interface NewMessage { text: string; parent_id: string | null; model: string; attachments?: Picture[] }
export type ExportFormat = 'markdown' | 'json' | 'original'

export const PAGE = 100
const SEARCH_PAGE = 20
const TO_CHOOSE_MS = 600_000 // a dialog may ask where the file goes
export const NO_FILTER: ChatFilter = { project: '', year: '', source: '', starred: false, importId: '', importName: '' }

/** Query of a filter, without what is not set. */
export function toQuery({ project, year, source, starred, importId }: ChatFilter) {
  return { ...(project && { project }), ...(year && { year: Number(year) }), ...(source && { source: source as 'chatgpt' }), ...(starred && { starred }), ...(importId && { imported_by: Number(importId) }) }
}

const path = (chat_id: string) => ({ params: { path: { chat_id } } })

export const listChats = (filter: ChatFilter, offset: number) => unwrap(api.GET('/api/chats', { params: { query: { ...toQuery(filter), offset, limit: PAGE } } }))
export const countChats = (filter: ChatFilter, since: number[]) => unwrap(api.GET('/api/chats/counts', { params: { query: { ...toQuery(filter), since } } }))
export async function readChat(chat_id: string, cursor?: string): Promise<Omit<ChatPage, 'messages'> & { messages: ChatMessage[] }> {
  const page = await unwrap(api.GET('/api/chats/{chat_id}', { params: { path: { chat_id }, query: cursor === undefined ? {} : { cursor } } }))
  return page as typeof page & { messages: ChatMessage[] }
}
export const changeChat = (id: string, body: ChatChange) => unwrap(api.PUT('/api/chats/{chat_id}', { ...path(id), body }))
export const deleteChat = (chat_id: string, at_openai = false) => unwrap(api.DELETE('/api/chats/{chat_id}', { params: { path: { chat_id }, query: { at_openai } } }))
export const restoreChat = (id: string) => unwrap(api.POST('/api/chats/{chat_id}/restore', path(id)))
export const createChat = (body: NewChatOrder) => unwrap(api.POST('/api/chats', { body }))
export const sendMessage = (id: string, body: NewMessage) => unwrap(api.POST('/api/chats/{chat_id}/messages', { ...path(id), body }))
export const regenerate = (id: string, message_id: string, model: string) => unwrap(api.POST('/api/chats/{chat_id}/regenerate', { ...path(id), body: { message_id, model } }))
export const stopAnswer = (id: string) => unwrap(api.POST('/api/chats/{chat_id}/stop', path(id)))
export const continueChat = (id: string, message_id: string) => unwrap(api.POST('/api/chats/{chat_id}/continue', { ...path(id), body: { message_id } }))
export const followAnswer = (id: string, answer: string, onEvent: (event: FeedEvent) => void, signal: AbortSignal) =>
  followStream(`/api/chats/${encodeURIComponent(id)}/answers/${encodeURIComponent(answer)}`, onEvent, signal)
export const fetchAsset = async (id: string, asset: string) =>
  (await fetchRaw(`/api/chats/${encodeURIComponent(id)}/assets/${encodeURIComponent(asset)}`)).blob()

export const listProjects = async () => (await unwrap(api.GET('/api/chat-projects'))).projects
export const createProject = (body: ProjectChange) => unwrap(api.POST('/api/chat-projects', { body }))
export const changeProject = (project_id: string, body: ProjectChange) => unwrap(api.PUT('/api/chat-projects/{project_id}', { params: { path: { project_id } }, body }))
export const deleteProject = (project_id: string) => unwrap(api.DELETE('/api/chat-projects/{project_id}', { params: { path: { project_id } } }))

export const searchChats = (q: string, cursor: string | null, signal: AbortSignal) =>
  unwrap(api.GET('/api/chats/search', { params: { query: { q, limit: SEARCH_PAGE, ...(cursor && { cursor }) } }, signal }))
export const searchMail = (q: string, signal: AbortSignal) => unwrap(api.GET('/api/chats/search/mail', { params: { query: { q } }, signal }))

export type Choice = { ids: string[] } | ChatFilter
const makeOrder = (selection: Choice, format: ExportFormat) => ({ query: '', project: '', ...('ids' in selection ? selection : toQuery(selection)), format })

/** Exports into a file of this computer. */
export const exportToFile = (selection: Choice, format: ExportFormat, path: string, overwrite: boolean) =>
  unwrap(api.POST('/api/chats/export/file', { body: { ...makeOrder(selection, format), path, overwrite } }))

/** Downloads an export. */
export async function exportChats(selection: Choice, format: ExportFormat): Promise<void> {
  const body = JSON.stringify(makeOrder(selection, format))
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
  setTimeout(() => URL.revokeObjectURL(link.href), TO_CHOOSE_MS)
}
