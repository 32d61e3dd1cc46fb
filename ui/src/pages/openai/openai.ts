/** Connection with OpenAI, of the local API. */
import { fetchRaw } from '../../lib/api'

export interface Connection {
  key_is_set: boolean
  key_hint: string
  organization: string
  model: string
  max_tokens: number | null
  temperature: number | null
  base_url: string
  aliases: Record<string, string>
  /** US dollars a month; null: no limit. */
  budget: string | null
  spent: string
  is_free: boolean
  /** Variables of the environment that come before these settings. */
  from_environment: string[]
  problem: string | null
  webhook_allowed: boolean
  webhook_url: string
}
export type ConnectionChange = Partial<Pick<Connection, 'organization' | 'model' | 'max_tokens' | 'temperature' | 'base_url' | 'aliases' | 'budget' | 'webhook_allowed'>>
export interface Model { id: string; shutdown_date: string | null; warning: string | null }
export interface TestResult { ok: boolean; message: string }
export interface UsageLine { input_tokens: number; output_tokens: number; cost: string | null; unknown_calls: number }
export interface ProjectUsage extends UsageLine { id: string; name: string }
export interface Month extends UsageLine { month: string; projects: ProjectUsage[] }

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
  return await (await fetchRaw(path, init)).json() as T
}

export const readConnection = () => request<Connection>('GET', '/api/openai')
export const changeConnection = (body: ConnectionChange) => request<Connection>('PUT', '/api/openai', body)
export const saveKey = (key: string) => request<TestResult>('PUT', '/api/openai/key', { key })
export const removeKey = () => request<Connection>('DELETE', '/api/openai/key')
export const testConnection = () => request<TestResult>('POST', '/api/openai/test')
export const listModels = async () => (await request<{ models: Model[] }>('GET', '/api/openai/models')).models
export const listUsage = async () => (await request<{ months: Month[] }>('GET', '/api/openai/usage')).months
