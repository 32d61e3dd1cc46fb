/** Native file dialog, if the window offers one. */
interface Native { choose_file(kind: string): Promise<string | null> }
declare global {
  interface Window { pywebview?: { api?: Partial<Native> } }
}

export const hasDialog = (): boolean => typeof window.pywebview?.api?.choose_file === 'function'

/** Path of the chosen program; null if cancelled. */
export const chooseProgram = async (): Promise<string | null> => (await window.pywebview?.api?.choose_file?.('program')) ?? null
