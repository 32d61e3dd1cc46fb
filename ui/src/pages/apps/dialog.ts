/** The native dialog, where Deskhand's own window offers one. */
interface Native { choose_file(kind: string): Promise<string | null> }
declare global {
  interface Window { pywebview?: { api?: Partial<Native> } }
}

export const hasDialog = (): boolean => typeof window.pywebview?.api?.choose_file === 'function'

/** The path of the program that the person chose; null where they chose none. */
export const chooseProgram = async (): Promise<string | null> => (await window.pywebview?.api?.choose_file?.('program')) ?? null
