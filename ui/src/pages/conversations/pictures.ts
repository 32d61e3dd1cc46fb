/** Pictures that are sent with a message. */
import type { Picture } from './chats'
import { texts } from '../../texts/conversations'

export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
const MOST = 5
const LARGEST = 5 * 1024 * 1024

/** Reason why files cannot be sent; empty if they can. */
export function problemOf(files: readonly File[]): string {
  if (files.some(({ type }) => !PICTURE_TYPES.includes(type))) return texts.composer.onlyPictures
  return files.length > MOST || files.some(({ size }) => size > LARGEST) ? texts.composer.tooMuch : ''
}

/** Picture in Base64. */
export function encode(file: File): Promise<Picture> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => { const url = reader.result as string; resolve({ name: file.name, data: url.slice(url.indexOf(',') + 1) }) }
    reader.onerror = () => reject(new TypeError(file.name))
    reader.readAsDataURL(file)
  })
}
