/** Actions on prompts; what fails is shown as a toast, where no button stands beside it. */
import { api, explain, unwrap, type Move } from '../../lib/api'
import { showToast } from '../../lib/toast.svelte'
import { texts } from '../../texts/queue'

const path = (prompt_id: string) => ({ params: { path: { prompt_id } } })

export async function movePrompt(id: string, place: Move['place']): Promise<void> {
  try {
    await unwrap(api.POST('/api/queue/prompts/{prompt_id}/move', { ...path(id), body: { place } }))
    showToast(texts.actions.moved)
  } catch (error) { showToast(explain(error)) }
}

export async function cancelPrompt(id: string): Promise<void> {
  await unwrap(api.POST('/api/queue/prompts/{prompt_id}/cancel', path(id)))
  showToast(texts.actions.cancelled)
}

export async function retryPrompt(id: string): Promise<void> {
  await unwrap(api.POST('/api/queue/prompts/{prompt_id}/retry', path(id)))
  showToast(texts.actions.retried)
}

export async function editPrompt(id: string, message: string): Promise<void> {
  await unwrap(api.PUT('/api/queue/prompts/{prompt_id}', { ...path(id), body: { message } }))
  showToast(texts.details.edited)
}

export async function replayPrompt(id: string, lane: 'browser' | 'api', model: string): Promise<void> {
  await unwrap(api.POST('/api/queue/prompts/{prompt_id}/replay', { ...path(id), body: { lane, model } }))
  showToast(texts.actions.replayed)
}

export async function resolvePrompt(id: string, decision: 'resend' | 'fail' | 'answered', text = ''): Promise<void> {
  await unwrap(api.POST('/api/queue/prompts/{prompt_id}/resolve', { ...path(id), body: { decision, text } }))
  showToast(texts.uncertain.resolved)
}

export async function turnQueue(order: 'pause' | 'resume' | 'drain'): Promise<void> {
  await unwrap(api.POST('/api/queue/{order}', { params: { path: { order } } }))
}

export async function retryDead(): Promise<void> {
  const { count } = await unwrap(api.POST('/api/queue/dead/retry'))
  showToast(texts.actions.retriedAll(count))
}

export async function discardDead(): Promise<void> {
  const { count } = await unwrap(api.POST('/api/queue/dead/discard'))
  showToast(texts.actions.discarded(count))
}
