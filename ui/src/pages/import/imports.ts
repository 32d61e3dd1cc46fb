/** Imports of the local API. */
import { fetchRaw, upload } from '../../lib/api'

export type ImportState = 'previewing' | 'ready' | 'running' | 'done' | 'failed' | 'cancelled' | 'undone'
export interface Preview {
  total: number
  years: { year: number; count: number }[]
  projects: { id: string; name: string; count: number }[]
  attachments: number
  other: string[]
}
export interface Progress { done: number; total: number; bytes: number; bytes_total: number; seconds_left: number | null }
export interface Report {
  imported: number
  updated: number
  unchanged: number
  skipped: number
  failed: { id: string; title: string; reason: string }[]
  notes: string[]
}
export interface Import {
  id: number
  name: string
  state: ImportState
  error: string | null
  started_at: string | null
  ended_at: string | null
  preview: Preview | null
  progress: Progress | null
  report: Report | null
}
export interface Selection { years: number[] | null; projects: string[] | null }

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
  return await (await fetchRaw(path, init)).json() as T
}

const at = (id: number, ...rest: string[]) => ['/api/imports', id, ...rest].join('/')

export const listImports = async () => (await request<{ imports: Import[] }>('GET', '/api/imports')).imports
export const previewPath = (path: string) => request<Import>('POST', '/api/imports', { path })
export const chooseFile = (kind: 'file' | 'folder') => request<{ path: string | null }>('POST', `/api/imports/choose?kind=${kind}`)
export const startImport = (id: number, selection: Selection) => request<Import>('POST', at(id, 'start'), selection)
export const cancelImport = (id: number) => request<Import>('POST', at(id, 'cancel'))
export const undoImport = (id: number) => request<Import>('POST', at(id, 'undo'))
export const discardImport = (id: number) => fetchRaw(at(id), { method: 'DELETE' })
export interface Memory { id: string; kind: string; text: string; created_at: string | null; enabled: boolean }
export const listMemories = async () => (await request<{ memories: Memory[] }>('GET', '/api/imports/memories')).memories
export const uploadExport = (file: File, onProgress: (bytes: number) => void, signal: AbortSignal) =>
  upload('/api/imports/upload', file, onProgress, signal) as Promise<Import>
