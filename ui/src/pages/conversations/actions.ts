import type { ChatMessage } from './chats'

/** Actions on a message. */
export interface ChatActions {
  step: (message: ChatMessage, by: number) => Promise<void>
  edit: (message: ChatMessage, text: string) => Promise<void>
  regenerate: (message: ChatMessage, model: string) => Promise<void>
  continueFrom: (message: ChatMessage) => Promise<void>
  stop: () => Promise<void>
}
