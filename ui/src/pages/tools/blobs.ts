/** Binary parts of an answer. Images are drawn on a canvas, since the page's policy loads no image from a blob or data URL. */
import type { Block } from '../../lib/api'
import { showToast } from '../../lib/toast.svelte'
import { texts } from '../../texts/tools'

const LARGEST = 2048 // pixels of a side

function toBlob({ data = '', mime_type = '' }: Block): Blob {
  return new Blob([Uint8Array.from(atob(data), (character) => character.charCodeAt(0))], { type: mime_type })
}

/** Attachment for a canvas. */
export const drawImage = (block: Block) => (canvas: HTMLCanvasElement): void => {
  void (async () => {
    try {
      const image = await createImageBitmap(toBlob(block))
      const scale = Math.min(1, LARGEST / Math.max(image.width, image.height))
      ;[canvas.width, canvas.height] = [Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale))]
      canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    } catch { canvas.replaceWith(texts.trial.notShown(block.mime_type || block.kind)) }
  })()
}

/** Saves a part as a file. */
export function saveFile(block: Block): void {
  try {
    const url = URL.createObjectURL(toBlob(block))
    Object.assign(document.createElement('a'), { href: url, download: (block.name || block.kind).replace(/[^\w.-]+/g, '_') }).click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  } catch { showToast(texts.trial.notShown(block.kind)) }
}
