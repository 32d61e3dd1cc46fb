/** Connection with OpenAI, of the local API. */
import { api, unwrap, type MonthUsage, type OpenAiChange } from '../../lib/api'

export type { ModelView as Model, MonthUsage as Month, OpenAiChange as ConnectionChange, OpenAiView as Connection, TestResult } from '../../lib/api'

/** Figures of a month or project. */
export type UsageLine = Pick<MonthUsage, 'input_tokens' | 'output_tokens' | 'cost' | 'unknown_calls'>

export const readConnection = () => unwrap(api.GET('/api/openai'))
export const changeConnection = (body: OpenAiChange) => unwrap(api.PUT('/api/openai', { body }))
export const saveKey = (key: string) => unwrap(api.PUT('/api/openai/key', { body: { key } }))
export const removeKey = () => unwrap(api.DELETE('/api/openai/key'))
export const testConnection = () => unwrap(api.POST('/api/openai/test'))
export const listModels = async () => (await unwrap(api.GET('/api/openai/models'))).models
export const listUsage = async () => (await unwrap(api.GET('/api/openai/usage'))).months
