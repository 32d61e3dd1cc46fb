/** Labels and formats of OMI's deliveries. */
import type { LastArrival } from '../../lib/api'
import { texts } from '../../texts/omi'

export const KINDS: readonly { kind: LastArrival['kind']; title: string; nothing: string }[] = [
  { kind: 'memory', title: texts.kinds.memories, nothing: texts.kinds.memoriesHint },
  { kind: 'transcript', title: texts.kinds.transcript, nothing: texts.kinds.transcriptHint },
  { kind: 'day_summary', title: texts.kinds.days, nothing: texts.kinds.daysHint },
  { kind: 'audio', title: texts.kinds.audio, nothing: texts.kinds.audioHint },
  { kind: 'button', title: texts.kinds.button, nothing: texts.kinds.buttonHint },
]

/** Speaker name; the owner is "You". */
export const nameSpeaker = (speaker: string, isUser: boolean): string => (isUser ? texts.kinds.you : speaker)

/** Formats an offset into a conversation: "1:02", "1:00:10". */
export function formatOffset(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (part: number) => String(part).padStart(2, '0')
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

export interface Segment { id: string; speaker: string; is_user: boolean; text: string; start: number }

/** Groups consecutive segments of a speaker into blocks. */
export function groupBySpeaker<T extends Segment>(segments: readonly T[]): { id: string; speaker: string; is_user: boolean; start: number; texts: string[] }[] {
  const blocks: { id: string; speaker: string; is_user: boolean; start: number; texts: string[] }[] = []
  for (const { id, speaker, is_user, start, text } of segments) {
    const last = blocks.at(-1)
    if (last && last.speaker === speaker && last.is_user === is_user) last.texts.push(text)
    else blocks.push({ id, speaker, is_user, start, texts: [text] })
  }
  return blocks
}
