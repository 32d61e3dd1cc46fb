/** Imports of the local API. */
import { api, unwrap, upload, type Import, type ImportProgress, type Preview, type Report, type Selection } from '../../lib/api'

/** Answers leave out nothing. */
export type ImportPreview = Required<Preview>
export type ImportReport = Required<Omit<Report, 'failed'>> & { failed: Required<NonNullable<Report['failed']>[number]>[] }
export type ImportItem = Required<Omit<Import, 'preview' | 'progress' | 'report'>> & { preview: ImportPreview | null; progress: Required<ImportProgress> | null; report: ImportReport | null }

const path = (import_id: number) => ({ params: { path: { import_id } } })

export const listImports = async () => (await unwrap(api.GET('/api/imports'))).imports as ImportItem[]
export const previewPath = (path: string) => unwrap(api.POST('/api/imports', { body: { path, start: false } }))
export const chooseFile = (kind: 'file' | 'folder') => unwrap(api.POST('/api/imports/choose', { params: { query: { kind } } }))
export const startImport = (id: number, body: Selection) => unwrap(api.POST('/api/imports/{import_id}/start', { ...path(id), body }))
export const cancelImport = (id: number) => unwrap(api.POST('/api/imports/{import_id}/cancel', path(id)))
export const undoImport = (id: number) => unwrap(api.POST('/api/imports/{import_id}/undo', path(id)))
export const discardImport = (id: number) => unwrap(api.DELETE('/api/imports/{import_id}', path(id)))
export const listMemories = async () => (await unwrap(api.GET('/api/imports/memories'))).memories
export const uploadExport = (file: File, onProgress: (bytes: number) => void, signal: AbortSignal) => upload('/api/imports/upload', file, onProgress, signal)
